"""An e-mail, from its definition to the bytes that go to the mail server.

One rule: Liquid first, then MJML and CSS, then our own links; so a template may make any of it.
Links in the text alternative are tracked like those in the HTML it is made of: a click there is a click.
Not here: whether it is sent (`core`), and how (`channels.smtp`).
"""

from email.utils import format_datetime

import msgspec

from ensue import parcels
from ensue.content import mime, page
from ensue.content.addresses import is_address, split_address, written
from ensue.content.context import Context, with_names
from ensue.content.headers import render_headers
from ensue.content.links import Mark, Tracker, mark_of
from ensue.content.liquid import TemplateFault, render_text
from ensue.core.contents import Email

_OURS = {
    "bcc",
    "cc",
    "content-transfer-encoding",
    "content-type",
    "date",
    "from",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "message-id",
    "mime-version",
    "received",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
}


class EmailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How e-mails are sent, where a campaign does not say otherwise.

    `sender` is `Ensue <news@example.com>` or the address alone. `domain` is that of Message-IDs (default: of the
    sender). `list_id` is a List-Id such as `news.example.com` or `News <news.example.com>` (RFC 2919).
    `unsubscribe_address` takes unsubscriptions by mail, beside those by link.
    """

    sender: str
    reply_to: str = ""
    domain: str = ""
    list_id: str = ""
    unsubscribe_address: str = ""


def render_email(content: Email, context: Context, tracker: Tracker, settings: EmailSettings) -> parcels.Email:
    """Render an e-mail for the user of the context; raises `Aborted` and `TemplateFault`.

    An address that is none is handed on as it is, for the transport to refuse.
    """
    mark = mark_of(context.message)
    unsubscribe = tracker.unsubscribe_url(mark)
    context = with_names(context, unsubscribe_url=unsubscribe, set_user_to_unsubscribed_url=unsubscribe)
    headers = _headers(content, context, settings, unsubscribe)
    text, html = _bodies(content, context, tracker)
    return parcels.Email(
        sender=_sender(content, context, settings)[1],
        recipient=context.address,
        content=mime.assembled(headers, text=text, html=html, boundary_of=context.message.id),
    )


# ---------------------------------------------------------------- headers


def _headers(content: Email, context: Context, settings: EmailSettings, unsubscribe: str) -> dict[str, str]:
    """Return all headers but those of MIME, values ready to be written, in the order in which they are read."""
    name, sender = _sender(content, context, settings)
    subject = _one_line(render_text(content.subject, context.names, field="subject"))
    headers = {
        "From": written(name, sender),
        "To": context.address if is_address(context.address) else "undisclosed-recipients:;",
        "Subject": mime.encoded("Subject", subject),
        "Date": format_datetime(context.message.created_at),
        "Message-ID": mime.message_id(context.message.id, settings.domain or sender.rpartition("@")[2]),
        "List-Unsubscribe": _unsubscribe(unsubscribe, settings.unsubscribe_address),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    if reply_to := _reply_to(content, context, settings):
        headers["Reply-To"] = reply_to
    if settings.list_id:
        headers["List-Id"] = settings.list_id if "<" in settings.list_id else f"<{settings.list_id}>"
    own = render_headers(content.headers, context.names, taken=_OURS)
    return headers | {name: mime.encoded(name, value) for name, value in own.items()}


def _sender(content: Email, context: Context, settings: EmailSettings) -> tuple[str, str]:
    text = render_text(content.from_ or settings.sender, context.names, field="from")
    return _name_and_address(text, "from")


def _reply_to(content: Email, context: Context, settings: EmailSettings) -> str:
    text = render_text(content.reply_to or settings.reply_to, context.names, field="reply_to")
    return written(*_name_and_address(text, "reply_to")) if text else ""


def _name_and_address(text: str, field: str) -> tuple[str, str]:
    found = split_address(text)
    if found is None:
        hint = "Write it as `Ensue <news@example.com>`."
        raise TemplateFault(f"{text!r} is not an e-mail address", field=field, hint=hint)
    return found


def _unsubscribe(url: str, address: str) -> str:
    return f"<{url}>, <mailto:{address}?subject=unsubscribe>" if address else f"<{url}>"


def _one_line(text: str) -> str:
    """Return the text with line breaks, and letters that nobody can see, as blanks."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


# ---------------------------------------------------------------- bodies


def _document(content: Email, context: Context) -> str | None:
    """Return the HTML with the styles in place, our own additions not yet."""
    if content.mjml is not None:
        source = render_text(content.mjml, context.names, field="mjml", escape=True)
        try:
            return page.from_mjml(source)
        except TemplateFault as fault:
            raise fault.within("mjml") from None
    if content.html is not None:
        return page.laid_out(render_text(content.html, context.names, field="html", escape=True))
    if content.text is None:
        raise TemplateFault("the e-mail is empty", field="html", hint="Give html, mjml or text.")
    return None


def _bodies(content: Email, context: Context, tracker: Tracker) -> tuple[str, str | None]:
    """Return the text and the HTML as they go out."""
    mark = mark_of(context.message)
    track = _track(tracker, mark)
    own_text, html = _text(content, context, track), _document(content, context)
    if html is None:
        return own_text or "", None
    html = page.with_links(html, track)
    text = page.as_text(html) if own_text is None else own_text
    if content.preheader:
        preheader = render_text(content.preheader, context.names, field="preheader")
        html = page.with_preheader(html, _one_line(preheader))
    return text, page.with_pixel(html, tracker.pixel_url(mark))


def _text(content: Email, context: Context, track: page.Track) -> str | None:
    if content.text is None:
        return None
    return page.with_text_links(render_text(content.text, context.names, field="text"), track)


def _track(tracker: Tracker, mark: Mark) -> page.Track:
    def track(target: str, alias: str | None) -> str:
        return target if tracker.is_own(target) else tracker.click_url(mark, target, alias)

    return track
