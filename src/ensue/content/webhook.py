"""A webhook, from its definition to the request that is made.

One rule: it goes to an http(s) address, and its headers are one line each.
A secret is named, `{{ secret.crm_token }}`. Values are put in as they are;
within JSON write `{{ ${first_name} | json }}`, or `| json_escape` between quotes.
"""

from ensue import parcels
from ensue.content.context import Context
from ensue.content.headers import render_headers
from ensue.content.links import is_web_address
from ensue.content.liquid import TemplateFault, render_text
from ensue.core.contents import Webhook

_OURS = {
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
}


def render_webhook(content: Webhook, context: Context) -> parcels.Request:
    """Render a request; raises `Aborted` and `TemplateFault`."""
    url = render_text(content.url, context.names, field="url").strip()
    if not is_web_address(url):
        raise TemplateFault(f"{url!r} is not an http(s) address", field="url", hint="Begin with https://.")
    body = content.body
    return parcels.Request(
        url=url,
        method=content.method,
        headers=render_headers(content.headers, context.names, taken=_OURS),
        body=None if body is None else render_text(body, context.names, field="body"),
    )
