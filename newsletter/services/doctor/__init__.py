"""The doctor: asks everybody side by side, bounded in time, and hands what they say to the judges.

    Patient (what is configured) ──▶ a check each: ask, judge ──▶ findings, in the order of `CHECKS`

Whatever goes wrong with a check is that check's finding; the others go on.
"""

from newsletter.services.doctor.examination import Doctor
from newsletter.services.doctor.patient import Patient, Post

__all__ = ["Doctor", "Patient", "Post"]
