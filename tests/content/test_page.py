"""The HTML of an e-mail: styles, MJML, links, and the text made of it."""

import pytest

from ensue.content import page
from ensue.content.liquid import TemplateFault


def track(target: str, alias: str | None) -> str:
    return f"https://t.example/?to={target}&as={alias}"


class Seen(list[tuple[str, str | None]]):
    """Leaves links as they are, and notes them."""

    def __call__(self, target: str, alias: str | None) -> str:
        self.append((target, alias))
        return target


def links(source: str) -> str:
    return page.with_links(page.laid_out(source), track)


def mjml(inside: str) -> str:
    return f"<mjml><mj-body><mj-section><mj-column>{inside}</mj-column></mj-section></mj-body></mjml>"


def test_styles_move_into_the_elements_and_media_queries_stay() -> None:
    html = page.laid_out("<style>p{color:red} @media (max-width:9px){p{color:blue}}</style><p>x</p>")

    assert '<p style="color: red;">x</p>' in html
    assert "@media" in html.partition("</head>")[0]


@pytest.mark.parametrize("scheme", ["file://", ""])
def test_style_sheets_elsewhere_are_never_read(tmp_path: object, scheme: str) -> None:
    sheet = f"{tmp_path}/style.css"
    with open(sheet, "w", encoding="utf-8") as file:  # noqa: PTH123 - the fixture's path is only a text here
        file.write("p{color:red}")

    assert "red" not in page.laid_out(f'<link rel="stylesheet" href="{scheme}{sheet}"><p>x</p>')


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            '<a href="https://a.example/?x=1&amp;y=2">a</a>',
            "https://t.example/?to=https://a.example/?x=1&amp;y=2&amp;as=None",
        ),
        (
            "<a href='http://a.example' data-alias='buy & go'>a</a>",
            "https://t.example/?to=http://a.example&amp;as=buy &amp; go",
        ),
        ("<A HREF=HTTPS://a.example/x data-alias=buy>a</A>", "https://t.example/?to=HTTPS://a.example/x&amp;as=buy"),
        ('<a href="  https://a.example/\n">a</a>', "https://t.example/?to=https://a.example/&amp;as=None"),
        ('<a title="a > b <c" href="https://a.example">a</a>', "https://t.example/?to=https://a.example&amp;as=None"),
        ('<map><area href="https://a.example"></map>', "https://t.example/?to=https://a.example&amp;as=None"),
    ],
)
def test_links_are_tracked_however_they_are_written(source: str, expected: str) -> None:
    html = links(source)

    assert f'href="{expected}"' in html
    assert "data-alias" not in html


@pytest.mark.parametrize(
    "href",
    ["mailto:a@b.example", "tel:+46", "#top", "/relative", "//host.example/x", "javascript:void(0)", "", "https://"],
)
def test_what_is_no_web_address_is_left_alone(href: str) -> None:
    assert f'<a href="{href}">a</a>' in links(f'<a href="{href}">a</a>')


def test_a_link_marked_no_track_is_left_alone() -> None:
    assert '<a href="https://a.example">a</a>' in links('<a href="https://a.example" data-no-track>a</a>')


def test_line_breaks_never_reach_a_redirect() -> None:
    seen = Seen()
    page.with_links(page.laid_out('<a href="https://a.example/&#13;&#10;Set-Cookie:x">a</a>'), seen)

    assert seen == [("https://a.example/Set-Cookie:x", None)]


def test_links_in_comments_for_outlook_are_tracked_and_the_comments_stay() -> None:
    html = links('<p>x</p><!--[if mso]><a href="https://a.example">a</a><![endif]-->')

    assert "<!--[if mso]>" in html
    assert "t.example" in html


def test_everything_else_of_the_document_stays_as_it_was() -> None:
    head = "<!DOCTYPE html><html><head><title>T</title></head>"
    source = head + '<body class="x"><p title="&quot;">é &amp; &lt; &nbsp;</p></body></html>'

    assert page.with_links(page.laid_out(source), track) == source


def test_mjml_becomes_html_with_aliases_on_buttons_pictures_and_links() -> None:
    html = page.from_mjml(
        mjml(
            '<mj-text>Hi <a href="https://a.example" data-alias="one">a</a></mj-text>'
            '<mj-button data-alias="two" href="https://b.example">b</mj-button>'
            "<mj-image src='https://i.example/x.png' href='https://c.example' data-alias='three'/>"
            '<mj-button data-no-track href="https://d.example">d</mj-button>'
        )
    )
    seen = Seen()
    html = page.with_links(html, seen)

    assert seen == [("https://a.example", "one"), ("https://b.example", "two"), ("https://c.example", "three")]
    assert "@media" in html
    assert "ensue:" not in html
    assert "data-" not in html


def test_broken_mjml_says_where() -> None:
    with pytest.raises(TemplateFault) as caught:
        page.from_mjml("<mjml>\n  <mj-body>\n</mj-section></mj-body></mjml>")

    assert caught.value.line == 3
    assert "MJML" in caught.value.message


def test_mjml_cannot_read_files() -> None:
    with pytest.raises(TemplateFault):
        page.from_mjml('<mjml><mj-body><mj-include path="/etc/passwd"/></mj-body></mjml>')


def test_the_preheader_is_first_and_hidden_and_its_letters_are_escaped() -> None:
    html = page.with_preheader(page.laid_out('<body class="a"><p>x</p>'), r"<b> & \1")

    assert '<body class="a"><div style="display:none' in html
    assert r'">&lt;b&gt; &amp; \1</div><p>x</p>' in html


def test_the_pixel_is_last() -> None:
    html = page.with_pixel(page.laid_out("<p>&lt;/body></p>"), "https://t.example/o/x.gif")

    assert html.endswith(
        '<img src="https://t.example/o/x.gif" width="1" height="1" alt="" style="display:block"></body></html>'
    )


def test_the_text_reads_like_the_page() -> None:
    text = page.as_text(
        page.laid_out(
            "<title>No</title><h1>Sale</h1><p>Buy <a href='https://a.example/?x=1&y=2'>now</a>.</p><ul><li>one<li>two</ul>"
            "<a href='https://b.example'><img src='x.png' alt='Logo'></a><p style='display:none'>hidden</p>"
        )
    )

    assert text == "Sale\n\nBuy now <https://a.example/?x=1&y=2>.\n\n  * one\n  * two\n[Logo] <https://b.example>\n"


def test_addresses_in_a_plain_text_are_tracked_without_the_full_stop_behind_them() -> None:
    text = page.with_text_links(
        "See https://a.example/x, (http://b.example) or https://c.example.\nNot ftp://d.example", track
    )

    assert "https://t.example/?to=https://a.example/x&as=None, (" in text
    assert "(https://t.example/?to=http://b.example&as=None) or" in text
    assert "to=https://c.example&as=None.\n" in text
    assert text.endswith("Not ftp://d.example")
