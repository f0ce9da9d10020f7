"""Splits a filter into its words: which field each speaks of, with which values, and where it stands."""

from msgspec import Struct

from tui_queue.core.model.filter import Field

_QUOTES = "'\""


class Word(Struct, frozen=True, kw_only=True):
    """One word as it was typed, from the character ``begin`` on.

    ``values`` stood between commas, without their quotes; a comma parts values only behind the name of a field.
    ``quoted`` says whether the first one was in quotes, ``open`` whether a quote has no end.
    """

    text: str
    begin: int
    field: Field
    values: tuple[str, ...]
    negated: bool
    quoted: bool
    open: bool


def words_of(text: str) -> list[Word]:
    """Return the words of a filter in order."""
    words: list[Word] = []
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        words.append(_word(text, place))
        place += len(words[-1].text)
    return words


def _word(text: str, begin: int) -> Word:
    place = begin + 1 if (negated := text[begin] == "!") else begin
    field = _field_at(text, place)
    place += len(field) + 1 if field else 0
    values, quoted, is_open = [""], text[place : place + 1] in tuple(_QUOTES), False
    at_start = True  # a quote within a word is a character like any other
    while place < len(text) and not text[place].isspace():
        char = text[place]
        if at_start and char in _QUOTES:
            end = text.find(char, place + 1)
            is_open = end < 0
            end = len(text) if is_open else end
            values[-1] += text[place + 1 : end]
            place, at_start = min(end + 1, len(text)), False
        elif char == "," and field:
            values.append("")
            place, at_start = place + 1, True
        else:
            values[-1] += char
            place, at_start = place + 1, False
    return Word(
        text=text[begin:place],
        begin=begin,
        field=field,
        values=tuple(values),
        negated=negated,
        quoted=quoted,
        open=is_open,
    )


def _field_at(text: str, place: int) -> Field:
    name, colon, _ = text[place : place + 1 + max(map(len, Field))].partition(":")
    try:
        return Field(name.lower()) if colon else Field.TEXT
    except ValueError:
        return Field.TEXT


def quoted_word(field: Field, value: str) -> str:
    """Return the word of a filter that asks for exactly this value of a field."""
    quote = next((quote for quote in _QUOTES if quote not in value), "")
    plain = not any(char.isspace() or char == "," for char in value) and value[:1] not in _QUOTES
    return f"{field}:{value}" if plain else f"{field}:{quote}{value}{quote}"
