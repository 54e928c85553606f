"""An in-app message, from its definition to the payload that the page or app shows.

One rule: `html` is HTML in which values are escaped; every other field is plain text, to be shown as text.
"""

from ensue import parcels
from ensue.content.context import Context
from ensue.content.liquid import render_text
from ensue.core.contents import Button, InAppMessage


def render_in_app(content: InAppMessage, context: Context) -> parcels.InApp:
    """Render an in-app message; raises `Aborted` and `TemplateFault`.

    The payload names the message and the campaign, so that views and clicks can be attributed (I2).
    `dismiss_after` is in seconds. Absent fields are left out.
    """
    payload: dict[str, object] = {
        "message": context.message.id,
        "campaign": context.message.campaign,
        "layout": content.layout,
        "priority": content.priority,
    }
    optional: dict[str, object] = {
        "heading": _rendered(content.heading, context, "heading"),
        "body": _rendered(content.body, context, "body"),
        "image": _rendered(content.image, context, "image"),
        "html": render_text(content.html, context.names, field="html", escape=True) if content.html else "",
        "link": _rendered(content.link, context, "link"),
        "buttons": [_button(button, context, f"buttons[{n}]") for n, button in enumerate(content.buttons)],
        "dismiss_after": content.dismiss_after.total_seconds() if content.dismiss_after is not None else None,
    }
    payload |= {name: value for name, value in optional.items() if value}
    return parcels.InApp(user=context.state.user, payload=payload)


def _button(button: Button, context: Context, field: str) -> dict[str, object]:
    rendered: dict[str, object] = {
        "id": button.id,
        "text": _rendered(button.text, context, f"{field}.text"),
        "link": _rendered(button.link, context, f"{field}.link"),
        "close": button.close,
        "log_event": button.log_event,
    }
    return {name: value for name, value in rendered.items() if value}


def _rendered(template: str | None, context: Context, field: str) -> str:
    return render_text(template, context.names, field=field) if template else ""
