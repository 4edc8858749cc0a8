"""The one way to the network for sources: vetted addresses, hard limits, patience, asking only for news.

addresses   which addresses may be asked at all, name by name and number by number
transport   one request to a vetted number, and what may go wrong in words
body        the bytes of an answer, unpacked within limits
turns       one request at a time to a host that wants pauses
fetcher     redirects, retries and conditional requests on top of these
caller      a call to an address that the operator has configured
"""

from newsletter.adapters.http.caller import HttpCaller
from newsletter.adapters.http.fetcher import HttpFetcher
from newsletter.adapters.http.limits import FetchLimits

__all__ = ["FetchLimits", "HttpCaller", "HttpFetcher"]
