"""A page with a form, as a browser sees it and would send it."""

from support.site import Page

__all__ = ["Form"]


class Form(Page):
    """The page with what its fields hold."""

    def __init__(self, html: str) -> None:
        self.texts: dict[str, str] = {}
        self.options: dict[str, list[str]] = {}
        """What each select offers."""
        self.selected: dict[str, str] = {}
        self._field = ""
        self._select = ""
        super().__init__(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        found = dict(attrs)
        self._field = found["name"] or "" if tag == "textarea" else ""
        if self._field:
            self.texts[self._field] = ""
        if tag == "select":
            self._select = found["name"] or ""
            self.options[self._select] = []
        elif tag == "option":
            self.options[self._select].append(found["value"] or "")
            if "selected" in found or self._select not in self.selected:
                self.selected[self._select] = found["value"] or ""

    def handle_endtag(self, tag: str) -> None:
        self._field = "" if tag == "textarea" else self._field

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        if self._field:
            # As a browser does with the first line break.
            self.texts[self._field] = data.removeprefix("\n")

    @property
    def chosen(self) -> dict[str, list[str]]:
        """What would be sent of radio buttons, ticked boxes and single lines."""
        found: dict[str, list[str]] = {}
        for attributes in (attributes for tag, attributes in self.elements if tag == "input"):
            if "checked" in attributes or attributes["type"] not in ("radio", "checkbox"):
                found.setdefault(attributes["name"] or "", []).append(attributes["value"] or "")
        return found

    @property
    def topics(self) -> dict[str, str]:
        """The choice for each topic, by the name of its field."""
        return {name: values[-1] for name, values in self.chosen.items() if name.startswith("topic:")}

    @property
    def fields(self) -> dict[str, list[str]]:
        """What a browser would send."""
        single = {**self.selected, **self.texts}
        return {**self.chosen, **{name: [value] for name, value in single.items()}}
