"""The independent evaluator: what each slot must show, in plain Python that shares nothing with the package."""

from datetime import date, timedelta
from typing import Any


def expected(person: dict[str, Any], today: date) -> dict[str, str]:
    """Return the variant of every slot, `default` where none fits; what is not known is not in `person`."""
    has = person.get
    complaining = person["complaints"] >= 5
    return {
        "hero": _hero(person, today),
        "offer": "default" if complaining else _offer(person),
        "banner": _banner(person),
        "sidebar": _sidebar(person),
        "footer": _footer(person),
        "news": _news(person, today),
        "service": _service(person),
        "reward": _reward(person),
        "basket": "default" if complaining else _basket(person),
        "survey": _first(
            happy=person["complaints"] == 0 and person["visits"] > 100 and person["app_user"],
            leaving=person["months_left"] <= 2 and not person["paperless"],
            young=has("age", 99) < 25 and person["channel"] == "web" and person["device"] == "android",
        ),
    }


def expected_on(person: dict[str, Any], page: int) -> dict[str, str]:
    """Return the variant of every slot that asks about the page."""
    has, android = person.get, ("android", "ios")
    return {
        "story": _first(
            deep=page >= 0 and person["visits"] > 120 and person["active"],
            start=page < 500_000 and person["tenure"] < 12 and not person["senior"],
            plain=page > 0 and person["monthly"] > 20,
        ),
        "related": _first(
            sport=page >= 0 and has("calls", 0) > 100 and person["mobile"],
            games=page > 10 and has("data_gb", 0) > 20,
            music=page < 900_000 and person["plan"] == "plus" and person["partner"],
        ),
        "notice": _first(
            card=page >= 0 and person["payment"] == "invoice" and person["monthly"] > 40,
            app=page > 0 and not person["app_user"] and person["device"] in android,
            shop=page < 900_000 and person["channel"] == "shop",
        ),
    }


def _first(**variants: bool) -> str:
    return next((name for name, fits in variants.items() if fits), "default")


def _hero(person: dict[str, Any], today: date) -> str:
    ends = date.fromisoformat(person["contract_end"])
    return _first(
        renew=person["active"] and ends - today <= timedelta(days=60) and "fibre" in person["products"],
        upgrade=person["plan"] == "basic" and person.get("data_gb", 0) > 20 and person["tenure"] >= 12,
        welcome=person["visits"] < 5 or person["tenure"] < 3,
    )


def _offer(person: dict[str, Any]) -> str:
    return _first(
        internet=not person["fibre"] and person["region"] in ("north", "east"),
        television=not person["tv"] and person["household"] == "family" and person["monthly"] < 60,
        phone=person["device"] in ("ios", "android") and person.get("age", 99) < 30,
    )


def _banner(person: dict[str, Any]) -> str:
    return _first(
        gold=person.get("loyalty") == "gold" and person.get("total", 0) > 2000 and person["active"],
        calm=person["complaints"] == 0 and person["monthly"] > 50,
        paperless=person["app_user"] and not person["paperless"],
    )


def _sidebar(person: dict[str, Any]) -> str:
    return _first(
        senior=person["senior"] and person.get("age", 0) >= 65 and person["active"],
        family=person["partner"] and person["household"] == "family",
        caller=person.get("calls", 0) > 100 and not person["mobile"],
    )


def _footer(person: dict[str, Any]) -> str:
    return _first(
        card=person["payment"] == "invoice" and person["monthly"] > 40 and person["tenure"] >= 3,
        app=not person["app_user"] and person["device"] != "none",
        shop=person["channel"] == "shop" and person["region"] == "south",
    )


def _news(person: dict[str, Any], today: date) -> str:
    interests = person.get("interests", ())
    joined = person.get("joined")
    return _first(
        climate="climate" in interests and person.get("age", 99) < 60 and person["active"],
        local=(person.get("city") == "Waterhaven" or "sport" in interests) and person["visits"] > 2,
        veteran=joined is not None and (today - date.fromisoformat(joined)).days >= 1500 and person["visits"] > 50,
    )


def _service(person: dict[str, Any]) -> str:
    return _first(
        outage=person["region"] == "west" and person["fibre"] and person["active"],
        help=(person["complaints"] >= 3 or person.get("calls", 0) > 300) and person["tenure"] >= 1,
        manual=person["tenure"] < 6 and person["channel"] == "web",
    )


def _reward(person: dict[str, Any]) -> str:
    return _first(
        gift=person.get("total", 0) >= 3000 and person.get("loyalty") in ("silver", "gold") and person["active"],
        points=person["partner"] and person["visits"] > 120,
        greeting=person["active"] and person["months_left"] > 6 and "first_name" in person,
    )


def _basket(person: dict[str, Any]) -> str:
    paying = person["payment"]
    return _first(
        bundle=person.get("data_gb", 99) < 5 and person["mobile"] and not person["tv"],
        premium=person["plan"] == "premium" and person["monthly"] > 80,
        switch=paying == "card" or (paying == "bank" and person["months_left"] <= 3),
    )
