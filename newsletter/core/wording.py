"""How abstracts speak of themselves: fragments of patterns that rating and retelling share."""

__all__ = ["ADVERB", "PAPER", "PROPOSE", "SHOW"]

PAPER = r"(?:this|the present|our) (?:paper|work|study|article|report|survey|research)"
ADVERB = r"(?:(?:[\w-]+ly|also|first|further|thus|then|therefore|hence|here|for the first time),? )*"
PROPOSE = (
    r"(?:propose[sd]?|introduce[sd]?|present(?:s|ed)?|develop(?:s|ed)?|design(?:s|ed)?|builds?|built|"
    r"describe[sd]?|devise[sd]?|offer(?:s|ed)?|create[sd]?|construct(?:s|ed)?)"
)
SHOW = (
    r"(?:show(?:s|ed)?|finds?|found|(?:demonstrat|prov|observ)e[sd]?|"
    r"(?:discover|reveal|establish|confirm|identif)(?:y|s|ed|ies|ied)?)"
)
