"""What to do about a faulty template.

One rule: every fault has a remedy; the more is known of the cause, the more it says.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from liquid import Environment

from ensue.content.faults import MEND

_REMEDIES = {
    "tag 'include'": "A template stands alone: it cannot include others.",
    "tag 'render'": "A template stands alone: it cannot render others.",
    "tag 'catalog_items'": "There are no catalogs; bring the data with the event, or by connected_content.",
    "tag 'promotion'": "There are no promotion codes; bring the code with the event, or by connected_content.",
    "tag 'message_extras'": "There are no message extras; leave the tag out.",
    "tag 'end": "Nothing is open that it could end; take it out, or open it before.",
    "tag 'els": "It belongs between a tag such as `if` and its end.",
    "'$'": "Write a name as ${first_name}, or after a dot as custom_attribute.${Favorite Color}.",
    "limit": "The template does too much; loop over less.",
    "expected '}}'": "Close it with }}.",
    "expected tag end": "Every block needs its end, as in {% if … %} … {% endif %}.",
    "missing tag name": "A tag has a name and is closed by %}.",
    "missing expression": "The tag needs a value, as in {% if ${first_name} %}.",
    "divide by 0": "Look whether it is 0 with {% if %} before.",
    "are not supported between": "Compare like with like; `| plus: 0` makes a number of a text.",
    "parentheses": "Conditions have no parentheses; nest two {% if %}.",
    "disallowed": "Liquid does not have this; use {% if %}.",
    "stands outside of a loop": "Use it within {% for %}.",
    "found '|'": "Filters work in {{ }} and {% assign %} only; assign the value first.",
    "unexpected '{'": "Close the braces before it with }}.",
    'unexpected "\'"': "A text in quotes ends with the same quote, and holds no braces; join two by | append.",
    "unexpected '\"'": "A text in quotes ends with the same quote, and holds no braces; join two by | append.",
    **{f"unexpected '{quote}'": "Write straight quotes: ' or \"." for quote in "‘’“”"},
    " after it, not ": "Values follow a colon, with commas between them: {{ x | replace: 'a', 'b' }}.",
    "no time zone": "Write it as Europe/Berlin or UTC.",
    "comment tag was never closed": "Write {% endcomment %}; braces that open in a comment must be closed in it.",
    "connected_content has no option": "The reference of Liquid lists them; :save, :method and :headers are some.",
    "the headers are no JSON": 'Write them as {"X-Key": "value"}.',
    "a value is missing": "Write it after the option, as in :save answer.",
    "this is no option": "An option begins with a colon; a body with blanks belongs behind :body.",
    "the tag has no address": "Write one after its name, as in {% connected_content https://api.shop.example %}.",
    "number of seconds": "Write a whole number, as in :cache_max_age 900.",
    "name of a variable": "Write letters, digits and _, as in :save answer.",
    "it knows get and post": "Write :method post, or nothing for get.",
    "no JSON": "Look at the text with {{ }} in a preview.",
    "expected a value": "Write a name, a number, or a text in quotes there.",
    "expected a name": "Write the name of a filter there, or take the | out.",
    "cannot take this": "Look at what the filter is given.",
    "a block is not ended": "Every block needs its end, as in {% case … %} … {% endcase %}.",
}

_WORDS = {
    "end of expression": "the end",
    "found eof": "found the end",
    "a primitive expression": "a value",
    "expected word": "expected a name",
    "unexpected tag 'the end'": "a block is not ended",
    "object is not subscriptable": "has no properties",
}


def in_words(message: str) -> str:
    """Return a message of the library in words that are no programmer's."""
    for jargon, words in _WORDS.items():
        message = message.replace(jargon, words)
    return message


def remedy(message: str, environment: Environment) -> str:
    """Return what to do about the cause that a message tells."""
    for part, hint in _REMEDIES.items():
        if part in message:
            return hint
    if message.startswith("unexpected tag '"):
        return similar(message.split("'")[1], environment.tags)
    return MEND


def similar(name: str, known: Iterable[str]) -> str:
    """Return what may be meant by a name that does not exist."""
    near = get_close_matches(name, known, 1)
    return f"Is '{near[0]}' meant?" if near else "There is none of this name; the reference of Liquid lists all."
