"""The evaluation of sections: days drawn from labelled papers."""

from newsletter.adapters.weights import shipped_editor
from newsletter.evaluation.topics import DAYS, days_of, evaluate_topics

FIELDS = {
    "robots": "Robot manipulation policies for dexterous grasping, part",
    "speech": "Text-to-speech synthesis of a speaker's voice, part",
    "graphs": "Graph neural networks for node classification, part",
}
ROWS = [
    {"title": f"{title} {part}", "abstract": title, "label": label, "source": "lists"}
    for label, title in FIELDS.items()
    for part in range(8)
]


def test_clear_fields_are_told_apart() -> None:
    """Three fields that have nothing in common are three sections; labels are not seen."""
    figures = evaluate_topics(ROWS, shipped_editor())
    assert figures["sources"]["lists"] == {"ami": 1.0, "ari": 1.0, "v_measure": 1.0, "entries": 24}
    assert figures["mean_ami"] == figures["mean_ari"] == 1.0


def test_labels_that_say_something_else_are_worth_nothing() -> None:
    """The same papers under labels by their number: no more agreement than by chance."""
    rows = [row | {"label": row["title"][-1]} for row in ROWS]
    assert evaluate_topics(rows, shipped_editor())["mean_ami"] < 0.1


def test_days_are_the_same_each_time_and_have_no_paper_twice() -> None:
    """Drawn by a fixed seed; a source with few papers gives all of them every day."""
    days = days_of(ROWS)
    assert len(days) == DAYS
    assert all(len({row["title"] for row in day}) == len(ROWS) for day in days)
    assert days == days_of(ROWS)
