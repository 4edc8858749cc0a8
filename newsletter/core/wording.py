"""The words by which abstracts are read: what announces, what claims, what nothing can end with."""

__all__ = [
    "ANNOUNCING",
    "CLAIMING",
    "CLAUSES",
    "DANGLING",
    "FINITE",
    "FUNCTION",
    "HOLLOW",
    "LEANING",
    "NUMBERS",
    "PAPERS",
    "PASSING",
    "PHRASES",
    "POINTING",
]

_VERBS = """
achieve adapt address adopt advocate aim analyse analyze apply argue attempt benchmark bridge build
characterize collect combine compare conduct confirm consider construct contribute create define demonstrate
derive describe design develop devise discover discuss employ establish evaluate examine explain exploit
explore extend find focus formalize formulate generalize give identify illustrate improve incorporate
introduce investigate learn leverage make model observe obtain offer perform present propose prove provide
quantify question release report reveal revisit show study suggest tackle take test train unify use utilize
validate verify
"""
_IRREGULAR = (
    {"found": "find", "built": "build", "gave": "give", "learnt": "learn"}
    | {"made": "make", "shown": "show", "took": "take", "proven": "prove"}
)  # fmt: skip


def _forms(verb: str) -> tuple[str, str, str]:
    """ "study" -> "study", "studies", "studied"."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb, verb[:-1] + "ies", verb[:-1] + "ied"
    third = verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s")
    return verb, third, verb + ("d" if verb.endswith("e") else "ed")


ANNOUNCING = {form: verb for verb in _VERBS.split() for form in _forms(verb)} | _IRREGULAR
"""Forms of the verbs with which authors say what they did, each with its plain form."""

CLAIMING = frozenset(
    form
    for form, verb in ANNOUNCING.items()
    if verb in {"show", "find", "demonstrate", "prove", "observe", "argue", "reveal", "discover", "confirm"}
)
"""Those whose "that" says what was found."""

PAPERS = ("paper", "work", "study", "article", "report", "survey")
"""What authors call what they wrote."""

_CLAUSES = "which where while whereas whose although though thereby thus including because since such"
CLAUSES = frozenset(_CLAUSES.split())
"""Words before which a clause ends, after a comma or not."""

_PHRASES = "for using via through without with by from across based that to"
PHRASES = frozenset(_PHRASES.split())
"""Words before which the name of a thing may end: "a method | for long texts"."""

_PASSING = "also then further first thus hence here instead therefore have has both finally"
PASSING = frozenset(_PASSING.split())
"""Words between a subject and its verb that lean on other sentences."""

_DANGLING = """
a about above across after against along also although among an and any are as at based be because been
before being below between both but by can could depend depends do does due during each e either enable
enables even every for from further g has have how however i if in instead into is its itself lead leads
may more most much need needs no nor not of on only onto or other our over per rather rely relies result
results same several show shows since so some such than that the their them then there these this those
through thus to too toward towards under unlike until upon use uses using various very via was we were
what when where whereas whether which while who whose why will with within without would allow allows
new novel first simple aim aims focus focuses able consist consists including called named
"""
DANGLING = frozenset(_DANGLING.split())
"""Words that no sentence ends with."""

_FINITE = """
achieve achieves allow allows are can cannot could do does enable enables generalize generalizes has have
improve improves is lead leads learn learns may might must outperform outperforms performs provide
provides reduce reduces remain remains require requires should was were will yield yields
"""
FINITE = frozenset(_FINITE.split())
"""Forms that only the verb of a clause has."""

_LEANING = "this these such that those it its they them so above former latter"
LEANING = frozenset(_LEANING.split())
"""Words by which the lead of a sentence points to the one before, which a line on its own does not have."""

POINTING = frozenset(("this", "these", "those"))
"""Words that point, where they come after the verb, to something that is not in the line."""

_NUMBERS = "two three four five six several following follows namely"
NUMBERS = frozenset(_NUMBERS.split())
"""Words that promise a list."""

_HOLLOW = "hope believe github www http https available publicly"
HOLLOW = frozenset(_HOLLOW.split())
"""Words of sentences that tell no news: wishes, and where the code is."""

_FUNCTION = """
a about above across after against all also although among an and any are as at be because been before
being between both but by can could did do does due during each either even for from further had has have
how however i if in include into is it its itself may more most much not no of on one only or other our
over same several since so some still such than that the their them then there these they this those
through thus to too two under unlike until up upon use used using via was we well were what when where
whether which while who whose why will with within without would yet you
"""
FUNCTION = frozenset(_FUNCTION.split())
"""Words that tell nothing of a subject."""
