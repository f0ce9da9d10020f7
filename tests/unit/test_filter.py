"""The words of a filter: what each asks for, and what is said of one that means nothing."""

import pytest

from tui_queue.core.errors import BadInputError
from tui_queue.core.model.filter import Field, Range, Term
from tui_queue.core.parsing.filter import WrongWord, check_typed, parse_filter, parse_set, remark
from tui_queue.core.parsing.filter_words import quoted_word

DAY = 86_400


def term(
    field: Field, *values: str, ranges: tuple[Range, ...] = (), negated: bool = False, begun: bool = False
) -> Term:
    return Term(field=field, values=values, ranges=ranges, negated=negated, begun=begun)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("train", term(Field.TEXT, "train")),
        ("!train", term(Field.TEXT, "train", negated=True)),
        ("don't", term(Field.TEXT, "don't")),
        ("a,b", term(Field.TEXT, "a,b")),
        ("http://x", term(Field.TEXT, "http://x")),
        ("'two words'", term(Field.TEXT, "two words")),
        ("held", term(Field.STATE, "held")),
        ("'held'", term(Field.TEXT, "held")),
        ("!Paused", term(Field.STATE, "paused", negated=True)),
        ("state:failed,cancelled", term(Field.STATE, "failed", "cancelled")),
        ("!state:f", term(Field.STATE, "failed", negated=True)),
        ("state:c", term(Field.STATE, "completed", "cancelled")),
        ("state:canc,lost,wait", term(Field.STATE, "cancelled", "interrupted", "pending")),
        ("name:'two words'", term(Field.NAME, "two words")),
        ('NAME:"it\'s"', term(Field.NAME, "it's")),
        ("queue:gpu,cpu", term(Field.QUEUE, "gpu", "cpu", begun=True)),
        ("batch:'a,b'", term(Field.BATCH, "a,b", begun=True)),
        ("#2", term(Field.ID, ranges=(Range(2, 2),))),
        ("#2,5-7", term(Field.ID, ranges=(Range(2, 2), Range(5, 7)))),
        ("id:>9", term(Field.ID, ranges=(Range(10, None),))),
        ("exit:137", term(Field.EXIT, ranges=(Range(137, 137),))),
        ("!exit:0", term(Field.EXIT, ranges=(Range(0, 0),), negated=True)),
        ("signal:KILL", term(Field.SIGNAL, ranges=(Range(9, 9),))),
        ("priority:-5--1", term(Field.PRIORITY, ranges=(Range(-5, -1),))),
        ("age:>2d", term(Field.AGE, ranges=(Range(2 * DAY, None),))),
        ("took:<=90m", term(Field.TOOK, ranges=(Range(None, 5400),))),
        ("0A1b2c3d-4e5f", term(Field.UUID, "0a1b2c3d-4e5f")),
    ],
)
def test_a_word_asks_for(text: str, wanted: Term) -> None:
    assert parse_filter(text).terms == (wanted,)


@pytest.mark.parametrize("text", ["state:", "!", "!name:", "age:", "age:>", "age:>2d,", "exit:1-", "id:-", "queue:''"])
def test_a_word_that_is_half_typed_asks_for_nothing_yet_and_is_no_end(text: str) -> None:
    assert [each for each in parse_filter(text).terms if each.field is not Field.AGE or text != "age:>2d,"] == []
    with pytest.raises(WrongWord):
        check_typed(text)
    with pytest.raises(BadInputError):
        parse_set(text)


@pytest.mark.parametrize(
    ("text", "begin", "says"),
    [
        ("train state:gone", 6, "state:gone: no such state; there are pending, running, completed, failed, cancelled,"),
        ("exit:x", 0, "exit:x: no number; write exit:3, exit:>3 or exit:2-7."),
        ("exit:7-2", 0, "exit:7-2: no number; write exit:3, exit:>3 or exit:2-7."),
        ("held  signal:X", 6, "signal:X: no such signal; write signal:9 or signal:KILL."),
        ("age:>soon", 0, "age:>soon: no span of time; write age:>2d or age:<90m."),
    ],
)
def test_a_word_that_means_nothing_is_named_with_what_to_write(text: str, begin: int, says: str) -> None:
    with pytest.raises(WrongWord) as wrong:
        parse_filter(text)
    assert wrong.value.begin == begin
    assert str(wrong.value).startswith(says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("age:2d", "age:2d: no span of time; write age:>2d or age:<90m."),
        ("name:'two words", "name:'two words: a quote is not closed."),
        ("state:failed,", "state:failed,: has no value; write it behind the colon, without a blank."),
        ("!", "!: has no word behind it; write it behind the !, without a blank."),
        ("state:c", "state:c: is that completed or cancelled? Write it out."),
    ],
)
def test_a_command_takes_no_word_that_is_half_typed(text: str, says: str) -> None:
    with pytest.raises(WrongWord) as wrong:
        parse_set(text)
    assert str(wrong.value) == says


def test_a_beginning_of_a_name_is_one_only_while_it_is_typed() -> None:
    assert [each.begun for each in parse_set("queue:gpu batch:x").terms] == [False, False]


def test_a_word_that_may_mean_something_else_is_remarked_on() -> None:
    assert remark("prio:5") == "prio: is text; priority: is a field"
    assert remark("nosuch:5").startswith("nosuch: is text; there are state: name: parameters: path: queue: batch: id:")
    assert remark("lost") == "lost is text; state:lost is the state"
    assert remark("held") == remark("'lost'") == remark("http://x") == remark("state:failed") == ""
    assert remark("!held", states=True) == "held: the state; 'held' in quotes is text"


@pytest.mark.parametrize("value", ["night", "two words", "a,b", "'quoted", "it's late"])
def test_the_word_for_a_value_asks_for_just_that(value: str) -> None:
    assert parse_filter(quoted_word(Field.BATCH, value)).asked(Field.BATCH) == {value}
