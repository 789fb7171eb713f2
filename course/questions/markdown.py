"""The Markdown of questions and of what is said about answers, as html."""

import html
import re


def rich(text: str) -> str:
    """A line of Markdown as html: **strong** and `code`, nothing else."""

    def code(found: re.Match) -> str:
        return f"<code>{found[1].replace('*', '&#42;')}</code>"  # a power is not strong

    text = re.sub(r"`([^`]+)`", code, html.escape(text))
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)
