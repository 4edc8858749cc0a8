"""How abstracts speak of themselves: the words that parsing and retelling share."""

__all__ = ["ANNOUNCING", "CLAIMING", "DANGLING", "FINITE", "LEANING", "PAPERS", "PASSING", "third_person"]


def third_person(verb: str) -> str:
    """ "propose" -> "proposes", "study" -> "studies", "address" -> "addresses"."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s")


def _past(verb: str) -> str:
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + ("d" if verb.endswith("e") else "ed")


_VERBS = """
achieve adapt address adopt advocate aim analyse analyze apply argue attempt benchmark bridge build
characterize collect combine compare conduct confirm consider construct contribute create define demonstrate
derive describe design develop devise discover discuss employ establish evaluate examine explain exploit
explore extend find focus formalize formulate generalize give identify illustrate improve incorporate
introduce investigate learn leverage make model observe obtain offer perform present propose prove provide
quantify question release report reveal revisit show study suggest tackle take test train unify use utilize
validate verify
"""
_IRREGULAR = {"found": "find", "built": "build", "gave": "give", "learnt": "learn", "made": "make"} | {
    "shown": "show", "took": "take", "proven": "prove"
}  # fmt: skip
ANNOUNCING = {
    form: verb for verb in _VERBS.split() for form in (verb, third_person(verb), _past(verb))
} | _IRREGULAR
"""Forms of the verbs with which authors say what they did, each with its plain form."""

CLAIMING = frozenset(
    form
    for form, verb in ANNOUNCING.items()
    if verb in {"show", "find", "demonstrate", "prove", "observe", "argue", "reveal", "discover", "confirm"}
)
"""Those whose "that" says what was found."""

PAPERS = ("paper", "work", "study", "article", "report", "survey")
PASSING = frozenset("also then further first thus hence here instead therefore have has both finally".split())
"""Words between the subject and its verb that lean on other sentences."""

DANGLING = frozenset(
    """
    a about above across after against along also although among an and any are as at based be because been
    before being below between both but by can could depend depends do does due during each e either enable
    enables even every for from further g has have how however i if in instead into is its itself lead leads
    may more most much need needs no nor not of on only onto or other our over per rather rely relies result
    results same several show shows since so some such than that the their them then there these this those
    through thus to too toward towards under unlike until upon use uses using various very via was we were
    what when where whereas whether which while who whose why will with within without would allow allows
    new novel first simple aim aims focus focuses able consist consists including called named
    """.split()
)
"""Words that no sentence ends with."""

FINITE = frozenset(
    """
    achieve achieves allow allows are can cannot could do does enable enables generalize generalizes has have
    improve improves is lead leads learn learns may might must outperform outperforms performs provide
    provides reduce reduces remain remains require requires should was were will yields yield
    """.split()
)
"""Forms that only the verb of a clause has."""

LEANING = frozenset("this these such that those it its they them so above former latter".split())
"""Words that point to the sentence before, which a line on its own does not have."""
