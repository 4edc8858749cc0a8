"""The subscriber list as CSV and JSONL."""

import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.cleaning import clean_text
from newsletter.core.listfile import LISTS, NewSubscriber, parse_csv, parse_jsonl, write_csv, write_jsonl
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.wishes import Wishes
from newsletter.errors import InputError

words = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters=";"), min_size=1, max_size=12)


def messages(problems) -> list[str]:
    return [str(problem) for problem in problems]


def test_columns_may_come_in_any_order_and_others_are_passed_over():
    """What a spreadsheet exports is taken as it is."""
    people, problems = parse_csv(
        'shoe size,Topics,EMAIL,name\n42,Agents;Vision,Ada@Example.ORG,"Lovelace, Ada"\n', name="list.csv"
    )
    assert people == (NewSubscriber("Ada@example.org", "Lovelace, Ada", ("Agents", "Vision")),)
    assert problems == ()


def test_bad_lines_are_named_and_the_rest_goes_on():
    """Each with its file, line and reason."""
    people, problems = parse_csv(
        "email,name\nada@example.org,Ada\nnot an address,B\n,C\n"
        "x@example.org,D,too many\n\nbob@example.org,Bob\n",
        name="list.csv",
    )
    assert [person.name for person in people] == ["Ada", "Bob"]
    assert [message.split(": ")[0] for message in messages(problems)] == [
        "list.csv:3",
        "list.csv:4",
        "list.csv:5",
    ]
    assert "'not an address' is not an email address" in messages(problems)[0]


def test_a_file_without_an_email_column_is_refused():
    """Guessing which column holds addresses would be wrong sooner or later."""
    with pytest.raises(InputError, match=r"list\.csv:1: .*\"email\" among them \(it has mail, name\)"):
        parse_csv("mail,name\na@example.org,A\n", name="list.csv")


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "complained", "erased", "pending"])
def test_whoever_left_is_not_brought_back_by_a_file(status: str):
    """An export with everybody in it, imported elsewhere, must not subscribe those who left."""
    people, problems = parse_csv(f"email,status\na@example.org,{status}\n", name="list.csv")
    assert people == ()
    assert f"a@example.org is {status}: not imported" in messages(problems)[0]


def test_jsonl_takes_topics_as_a_list_or_as_text():
    """And names the line of what is no object."""
    people, problems = parse_jsonl(
        '{"email": "a@example.org", "topics": ["A", "B"]}\n[1]\n'
        '{"email": "b@example.org", "topics": "A; B"}\n{"email": 1}\n{x\n',
        name="list.jsonl",
    )
    assert [person.topics for person in people] == [("A", "B"), ("A", "B")]
    assert [message.split(": ")[0] for message in messages(problems)] == [
        "list.jsonl:2",
        "list.jsonl:4",
        "list.jsonl:5",
    ]


def test_an_older_list_says_nothing_of_newer_wishes():
    """A column that is not there leaves what is known as it is; an empty cell takes it away."""
    [person], _ = parse_csv("email,topics\na@example.org,Agents\n", name="list.csv")
    assert (person.keywords, person.authors, person.muted) == (None, None, None)
    [person], _ = parse_csv(
        "email,keywords,authors,muted\na@example.org,tool use; RLHF,,Robotics\n", name="list.csv"
    )
    assert (person.topics, person.keywords, person.authors, person.muted) == (
        None,
        ("tool use", "RLHF"),
        (),
        ("Robotics",),
    )
    _, [problem] = parse_jsonl('{"email": "a@example.org", "muted": 1}', name="list.jsonl")
    assert str(problem) == "list.jsonl:1: muted: not a list of texts."


def test_a_domain_becomes_an_a_label():
    """Mail servers want it so."""
    people, _ = parse_csv("email\nada@bücher.example.org\n", name="list.csv")
    assert people[0].email == "ada@xn--bcher-kva.example.org"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"])
def test_an_exported_cell_is_never_a_formula(cell: str):
    """A spreadsheet shows it as text, and importing gives back what it was."""
    person = Subscriber(id=1, email="a@example.org", name=cell)
    text = "".join(write_csv([person]))
    shown = next(csv.DictReader(io.StringIO(text)))["name"]
    assert shown == "'" + cell


wished = st.lists(words, max_size=3, unique=True)


@given(st.lists(st.tuples(words, wished, wished, wished, wished), max_size=8))
def test_what_is_exported_imports_as_it_was(rows):
    """Names with commas, quotes, apostrophes and formulas included, in both formats."""
    people = [
        Subscriber(
            id=n,
            email=f"reader{n}@example.org",
            name=name,
            wishes=Wishes(**dict(zip(LISTS, map(tuple, wishes), strict=True))),
        )
        for n, (name, *wishes) in enumerate(rows)
    ]
    for parse, write in ((parse_csv, write_csv), (parse_jsonl, write_jsonl)):
        read, problems = parse("".join(write(people)), name="list")
        assert not problems
        assert [(p.email, p.name) for p in read] == [(p.email, clean_text(p.name)) for p in people]
        for column in LISTS:
            cleaned = [tuple(map(clean_text, getattr(person.wishes, column))) for person in people]
            assert [getattr(person, column) for person in read] == cleaned


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str):
    """Never an exception of another kind."""
    parse_jsonl(text, name="list")
    with contextlib.suppress(InputError):
        parse_csv(text, name="list")


def test_the_statuses_of_the_file_are_those_of_the_list():
    """A status that is exported is one that importing knows."""
    person = Subscriber(id=1, email="a@example.org", status=SubscriberStatus.BOUNCED)
    assert "bounced" in "".join(write_csv([person]))
