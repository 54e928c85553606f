"""The SDK's scripts as they are served."""

from ensue.web.scripts import lean, scripts


def test_comments_and_indentation_stay_at_home() -> None:
    script = """\
/**
 * A head.
 */
  const address = "https://shop.example/*"; // why
  /** @type {string} */
  const found = /** @type {string} */ (address);
      // a whole line
"""
    assert lean(script) == 'const address = "https://shop.example/*";\nconst found = (address);\n'


def test_no_script_keeps_a_comment_and_each_has_its_own_tag() -> None:
    found = scripts()
    assert {"ensue.js", "messages.js", "feed.js", "sw.js"} <= found.keys()
    texts = [script.plain.decode() for script in found.values()]
    assert [text for text in texts if "/**" in text or "// " in text or "\n " in text] == []
    assert len({script.etag for script in found.values()}) == len(found)
