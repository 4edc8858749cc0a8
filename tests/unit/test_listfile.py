"""The subscriber list as CSV and JSONL."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.cleaning import clean_text
from newsletter.core.listcolumns import COLUMNS, attribute_name, column_name
from newsletter.core.listfile import LISTS, ListFile, NewSubscriber
from newsletter.core.listwriter import ListWriter
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.rhythm import Frequency, Rhythm
from newsletter.core.textlines import LONGEST_LINE, text_lines
from newsletter.core.wishes import Wishes
from newsletter.errors import InputError

NAME = "list.csv"


def read(text: str, *, jsonl: bool = False) -> tuple[list[NewSubscriber], list[str]]:
    """The people, and the problems with their lines in front."""
    lines = text_lines([text.encode("utf-8", "surrogatepass")], name=NAME)
    rows = list(ListFile(lines, name=NAME, jsonl=jsonl))
    people = [row for _, row in rows if isinstance(row, NewSubscriber)]
    return people, [f"{line}: {row}" for line, row in rows if isinstance(row, InputError)]


def written(people: Iterable[Subscriber], *, jsonl: bool) -> str:
    """The whole file."""
    people = list(people)
    names = sorted({name for person in people for name in person.attributes})
    writer = ListWriter(jsonl=jsonl, attributes=names)
    return writer.header() + writer.lines(people)


def test_columns_may_come_in_any_order_and_others_are_attributes():
    """What a spreadsheet exports is taken as it is."""
    lines = ['Shoe size,Topics, EMAIL ,name,\n42,Agents;Vision,Ada@Example.ORG,"Lovelace, Ada",x\n']
    file = ListFile(lines[0].splitlines(keepends=True), name=NAME)
    [(line, person)] = file
    assert (line, person) == (
        2,
        NewSubscriber(
            "Ada@example.org", "Lovelace, Ada", ("Agents", "Vision"), attributes={"shoe size": "42"}
        ),
    )
    assert list(file.attributes) == ["shoe size"]


@pytest.mark.parametrize(
    "header",
    ["email,name", "E-Mail,NAME", "name;Email Address", "name\tE-mail", "Address,Full name", '"E-Mail";name'],
)
def test_headers_and_delimiters_as_other_programs_write_them(header: str):
    """Semicolons and tabs come from spreadsheets in much of Europe."""
    delimiter = next(sign for sign in ",;\t" if sign in header)
    cells = (
        ["a@example.org", "Ada; L"]
        if header.lower().startswith(("e", "a", '"'))
        else ["Ada; L", "a@example.org"]
    )
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerow(cells)
    people, problems = read(f"{header}\r\n{text.getvalue()}")
    assert (people, problems) == ([NewSubscriber("a@example.org", "Ada; L")], [])


def test_the_column_called_email_is_it_where_another_could_be():
    """The other one is an attribute: it may be that of a house."""
    people, _ = read("address,email\nHigh Street 1,a@example.org\n")
    assert people == [NewSubscriber("a@example.org", attributes={"address": "High Street 1"})]


def test_bad_lines_are_named_and_the_rest_goes_on():
    """Each with its line, also after a cell of several lines, and the reason."""
    people, problems = read(
        'email,name\nada@example.org,"Ada\nLovelace"\nnot an address,B\n,C\n'
        "x@example.org,D,too many\n\nbob@example.org,Bob\n"
    )
    assert [person.name for person in people] == ["Ada Lovelace", "Bob"]
    assert [problem.split(": ")[0] for problem in problems] == ["4", "5", "6"]
    assert "'not an address' is not an email address" in problems[0]


def test_a_quotation_mark_that_nobody_closes_says_what_it_takes_along():
    """And what follows is read again where that ends."""
    rest = "".join(f"reader{n}@example.org,x\n" for n in range(9000))
    people, [problem, *others] = read(f'email,name\na@example.org,A\nb@example.org,"B\n{rest}')
    assert problem.startswith("3: not valid CSV up to line ")
    taken = int(problem.split("up to line ")[1].split()[0]) - 3
    assert (others, len(people)) == ([], 1 + 9000 - taken)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("mail,name\na@example.org,A\n", r'list\.csv:1: .*"email" among them \(it has mail, name\)'),
        ("", "it has nothing that can be read"),
        ("email,E-Mail\n", None),
        ("email,name,Full Name\n", 'two columns are called "name"'),
        ('"email\n', "it has nothing that can be read"),
        ("email," + ",".join(f"c{n}" for n in range(51)), "51 columns are not ours"),
    ],
)
def test_a_file_whose_first_line_does_not_say_what_is_in_it_is_refused(text: str, problem: str | None):
    """Guessing which column holds addresses would be wrong sooner or later."""
    if problem is None:
        assert read(text) == ([], [])
        return
    with pytest.raises(InputError, match=problem):
        read(text)


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "complained", "erased", "pending"])
def test_whoever_left_is_not_brought_back_by_a_file(status: str):
    """An export with everybody in it, imported elsewhere, must not subscribe those who left."""
    people, problems = read(f"email,status\na@example.org,{status}\n")
    assert people == []
    assert f"a@example.org is {status}: not imported" in problems[0]


def test_jsonl_takes_topics_as_a_list_or_as_text():
    """And names the line of what is no object."""
    people, problems = read(
        '{"email": "a@example.org", "topics": ["A", "B"]}\n[1]\n'
        '{"email": "b@example.org", "topics": "A; B"}\n{"email": 1}\n{x\n',
        jsonl=True,
    )
    assert [person.topics for person in people] == [("A", "B"), ("A", "B")]
    assert [problem.split(": ")[0] for problem in problems] == ["2", "4", "5"]


def test_attributes_of_jsonl():
    """Keys that are not ours, and those of an object of that name; lists and objects are not for us."""
    people, problems = read(
        '{"E-Mail": "a@example.org", "city": "Rome", "n": 4, "ok": true, "x": [1], '
        '"attributes": {"a": 1.5}}\n'
        '{"email": "b@example.org", "attributes": "a"}\n',
        jsonl=True,
    )
    assert [person.attributes for person in people] == [{"city": "Rome", "n": "4", "ok": "true", "a": "1.5"}]
    assert problems == ["2: attributes: not a JSON object."]


def test_an_older_list_says_nothing_of_newer_wishes():
    """A column that is not there leaves what is known as it is; an empty cell takes it away."""
    [person], _ = read("email,topics\na@example.org,Agents\n")
    assert person == NewSubscriber("a@example.org", topics=("Agents",))
    [person], _ = read("email,keywords,authors,muted,hour\na@example.org,tool use; RLHF,,Robotics,\n")
    assert person == NewSubscriber(
        "a@example.org", None, None, ("tool use", "RLHF"), (), ("Robotics",), rhythm={"hour": None}
    )
    _, problems = read('{"email": "a@example.org", "muted": 1}', jsonl=True)
    assert problems == ["1: muted: not a list of texts."]


def test_the_rhythm_as_people_write_it():
    """Names of weekdays in full or short, hours with or without a zero."""
    [person], _ = read(
        "email,frequency,weekdays,hour,Time zone,language\n"
        "a@example.org,Weekly,Friday;mon,07,Europe/Berlin,pt_br\n"
    )
    assert person.rhythm == {
        "frequency": Frequency.WEEKLY,
        "weekdays": (0, 4),
        "hour": 7,
        "zone": "Europe/Berlin",
    }
    assert person.language == "pt-BR"


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        ("frequency", "hourly", 'write "daily" or "weekly"'),
        ("weekdays", "mo", "'mo' is none"),
        ("hour", "24", "from 0 to 23"),
        ("hour", "noon", "from 0 to 23"),
        ("zone", "Mars/Base", "'Mars/Base' is none"),
        ("zone", "../../etc/passwd", "is none"),
        ("zone", "Europe", "'Europe' is none"),
        ("language", "German!", "is none"),
        ("paused_until", "tomorrow", "write a day"),
        ("tags", ";".join(map(str, range(51))), "at most 50 tags"),
    ],
)
def test_what_means_nothing_is_a_problem_of_its_line(column: str, cell: str, problem: str):
    """With the column and what would do."""
    people, [found] = read(f"email,{column}\na@example.org,{cell}\n")
    assert people == []
    assert found.startswith(f"2: {column}: ")
    assert problem in found


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "'=1", "''-1"])
def test_an_exported_cell_is_never_a_formula(cell: str):
    """A spreadsheet shows it as text, and importing gives back what it was."""
    text = written([Subscriber(id=1, email="a@example.org", name=cell)], jsonl=False)
    shown = next(csv.DictReader(io.StringIO(text, newline="")))["name"]
    assert shown == "'" + cell
    assert read(text)[0][0].name == clean_text(cell)


line = st.text(max_size=12).map(clean_text)
word = st.text(st.characters(exclude_characters=";"), max_size=12).map(clean_text).filter(bool)
several = st.lists(word, max_size=3, unique=True).map(tuple)
attributes = st.dictionaries(
    st.text(max_size=12).map(column_name).filter(lambda name: name and _is_free(name)),
    line.filter(bool),
    max_size=3,
)


def _is_free(name: str) -> bool:
    try:
        return attribute_name(name) == name
    except InputError:
        return False


subscriber = st.builds(
    Subscriber,
    id=st.just(1),
    email=st.from_regex(r"[a-z'=+-]{1,8}@[a-z]{2,8}\.org", fullmatch=True),
    name=line,
    wishes=st.builds(Wishes, topics=several, keywords=several, authors=several, muted=several),
    created=st.just(datetime(2026, 3, 1, tzinfo=UTC)),
    tags=several,
    attributes=attributes,
    rhythm=st.builds(
        Rhythm,
        frequency=st.sampled_from(Frequency),
        weekdays=st.sets(st.integers(0, 6)).map(sorted).map(tuple),
        hour=st.none() | st.integers(0, 23),
        zone=st.sampled_from(["", "UTC", "Europe/Berlin"]),
        paused_until=st.none() | st.just(date(2026, 5, 1)),
    ),
    language=st.sampled_from(["", "de", "pt-BR", "zh-Hans"]),
)


@given(st.lists(subscriber, max_size=4), st.booleans())
def test_what_is_exported_imports_as_it_was(people: list[Subscriber], jsonl: bool):
    """Everything of everybody, in both formats: commas, quotes, apostrophes and formulas included."""
    found, problems = read(written(people, jsonl=jsonl), jsonl=jsonl)
    assert problems == []
    assert len(found) == len(people)
    for new, person in zip(found, people, strict=True):
        assert (new.email, new.name, new.tags, new.language) == (
            person.email,
            person.name,
            person.tags,
            person.language,
        )
        assert Wishes(**{column: getattr(new, column) for column in LISTS}) == person.wishes
        assert Rhythm(**new.rhythm) == person.rhythm
        assert {name: value for name, value in (new.attributes or {}).items() if value} == person.attributes


@given(st.text(max_size=200) | st.text(alphabet="\"',;\t\r\n=a@.e[]{}:", max_size=60), st.booleans())
def test_any_text_is_read_or_refused(text: str, jsonl: bool):
    """Never an exception of another kind; what is said of it can be printed."""
    try:
        _, problems = read(("" if jsonl else "email,name,hour\n") + text, jsonl=jsonl)
    except InputError as error:
        problems = [str(error)]
    for problem in problems:
        problem.encode()


def test_the_statuses_of_the_file_are_those_of_the_list():
    """A status that is exported is one that importing knows."""
    person = Subscriber(id=1, email="a@example.org", status=SubscriberStatus.BOUNCED)
    assert "bounced" in written([person], jsonl=False)
    assert set(COLUMNS) <= set(written([person], jsonl=True).replace('"', " ").split())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"email\na@example.org\nJ\xfcrgen\n", r"list\.csv:3: not UTF-8 \(byte 21\); .*WINDOWS-1252"),
        ("email\n".encode("utf-16"), r"list\.csv:1: .* UTF-16"),
        ("email\n".encode("utf-16-be"), r"list\.csv:1: .* UTF-16"),
        (b"email\n" + b"x" * (LONGEST_LINE + 70_000), r"list\.csv:2: a line of more than a million bytes"),
    ],
)
def test_a_file_that_is_not_utf_8_is_refused(content: bytes, problem: str):
    """With the first line and byte, and how to mend it."""
    blocks = [content[start : start + 65_536] for start in range(0, len(content), 65_536)]
    with pytest.raises(InputError, match=problem):
        list(text_lines(blocks, name=NAME))


@given(st.lists(st.sampled_from([*'a,"\r\n', "ä", "😀", "\u2028", "\x0b"]), max_size=30), st.integers(1, 7))
def test_lines_are_those_of_the_csv_module_however_the_bytes_come(parts: list[str], size: int):
    """In blocks of any size, with or without a byte order mark."""
    text = "".join(parts)
    for content in (text.encode(), text.encode("utf-8-sig")):
        blocks = [content[start : start + size] for start in range(0, len(content), size)]
        assert list(text_lines(blocks, name=NAME)) == list(io.StringIO(text, newline=""))
