"""A push message, from its definition to the payload that a push service carries.

One rule: the payload is the same for every platform; each transport puts it into its service's own form.
"""

from datetime import timedelta

from ensue import parcels
from ensue.content.context import Context
from ensue.content.links import Tracker, mark_of
from ensue.content.liquid import TemplateFault, render_text
from ensue.core.contents import Push, PushAction

TIME_TO_LIVE = timedelta(days=28)
"""How long a push service keeps a message for a device that is off, where the campaign does not say."""


def render_push(content: Push, context: Context, tracker: Tracker) -> parcels.Push:
    """Render a push message for the devices that the user has now; raises `Aborted` and `TemplateFault`.

    The payload names the message and the campaign, and the address that takes a tap, so that it can be attributed
    (I2). Absent fields are left out.
    """
    payload = {
        "message": context.message.id,
        "campaign": context.message.campaign,
        "title": _rendered(content.title, context, "title"),
        "body": _rendered(content.body, context, "body"),
        "image": _rendered(content.image, context, "image"),
        "icon": _rendered(content.icon, context, "icon"),
        "link": _rendered(content.link, context, "link"),
        "actions": [_action(action, context, f"actions[{n}]") for n, action in enumerate(content.actions)],
        "data": {name: _rendered(text, context, f"data.{name}") for name, text in content.data.items()},
        "tap": tracker.tap_url(mark_of(context.message)),
    }
    if not payload["title"] and not payload["body"]:
        raise TemplateFault("the push message is empty", field="title", hint="Give a title or a body.")
    return parcels.Push(
        devices=dict(context.state.devices),
        payload={name: value for name, value in payload.items() if value},
        time_to_live=int((content.time_to_live or TIME_TO_LIVE).total_seconds()),
    )


def _action(action: PushAction, context: Context, field: str) -> dict[str, str]:
    rendered = {
        "id": action.id,
        "text": _rendered(action.text, context, f"{field}.text"),
        "link": _rendered(action.link, context, f"{field}.link"),
    }
    return {name: value for name, value in rendered.items() if value}


def _rendered(template: str | None, context: Context, field: str) -> str:
    return render_text(template, context.names, field=field) if template else ""
