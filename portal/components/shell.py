"""The shell: navigation, badges, icons, blocks with a body."""

from __future__ import annotations

from typing import Any

from django.template.context import Context
from django.utils.safestring import SafeString

from kernel.actor import Role
from portal import badges
from portal.components.library import PARTIALS, partial, register

#: The shell's navigation: (path prefix, word). A page is current when its path starts with the prefix.
NAV = (
    ("/notices/", "交易公告"),
    ("/halls/", "开标大厅"),
    ("/evaluation/", "评标"),
    ("/agencies/", "中介超市"),
    ("/desk/", "我的工作台"),
    ("/verify/", "如何核验"),
)


@register.simple_tag(takes_context=True)
def shell(context: Context) -> dict[str, Any]:
    """What base.html needs of the request: navigation, who acts, preferences. Works without a request."""
    request = context.get("request")
    path = request.path if request is not None else ""
    cookies = request.COOKIES if request is not None else {}
    actor = getattr(request, "actor", None)
    theme = cookies.get("theme", "")
    return {
        "nav": [{"href": href, "word": word, "current": path.startswith(href)} for href, word in NAV],
        "actor": actor if actor is not None and not actor.has(Role.PUBLIC) else None,
        "elder": cookies.get("elder") == "1",
        "theme": theme if theme in ("light", "dark") else "",
        "path": request.get_full_path() if request is not None else "/",
        "badges": badges.as_json(),
    }


@register.inclusion_tag(f"{PARTIALS}badge.html")
def badge(word: str, tone: str = "plain", icon: str = "") -> dict[str, Any]:
    """A word with a tone (plain, action, done, attention, danger) and an icon of icons.svg."""
    default = {"action": "dot", "done": "tick", "attention": "wait", "danger": "cross"}
    return {"word": word, "tone": tone, "icon": icon or default.get(tone, "")}


@register.inclusion_tag(f"{PARTIALS}badge.html")
def state_badge(kind: str, value: str) -> dict[str, Any]:
    """The badge of a room state's field (``portal.badges.BADGES``), re-rendered by room modules."""
    return {"kind": kind, "value": value, **badges.badge_for(kind, value)._asdict()}


@register.inclusion_tag(f"{PARTIALS}proof_badge.html")
def proof_badge(state: str, claim: str = "", evidence_url: str = "") -> dict[str, Any]:
    """``state`` proven, waiting or failed; ``claim`` what is proven; links to the evidence."""
    return {
        "state": state,
        "claim": claim,
        "evidence_url": evidence_url,
        **badges.badge_for("proof", state)._asdict(),
    }


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One symbol of icons.svg; hidden from assistive technology unless it has a label."""
    return partial("icon", {"name": name, "label": label})


@register.simple_block_tag
def task_card(content: str, title: str, tone: str = "action", id: str = "task") -> SafeString:
    """现在请您…: the one thing to do now. ``tone`` action, waiting, done or danger."""
    return partial("task_card", {"content": content, "title": title, "tone": tone, "id": id})


@register.simple_block_tag
def card(content: str, title: str = "", note: str = "", id: str = "") -> SafeString:
    """A plain card with a heading and, beside it, a short note."""
    return partial("card", {"content": content, "title": title, "note": note, "id": id})


@register.simple_block_tag
def empty_state(content: str, title: str, href: str = "", action: str = "") -> SafeString:
    """Nothing here yet: says so, and offers the next useful act."""
    return partial(
        "empty_state",
        {"content": content, "title": title, "href": href, "action": action},
    )
