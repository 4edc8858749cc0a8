"""Trending papers in your inbox, self-hosted.

    sources ──collect──▶ entries ──curate──▶ edition ──render──▶ rendered edition
                                                                      │ plan: one row per subscriber
    subscribers ─────────────────────────────────────────────────────▶ outbox ──deliver──▶ SMTP ──▶ inbox

`core` decides and touches nothing; `services` act through `ports`; `adapters` are the outside world;
`bootstrap` puts them together; `cli`, `web` and `scheduler` are the doors.
"""
