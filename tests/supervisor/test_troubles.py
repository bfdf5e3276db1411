"""What an operator has to see: tenants above their quotas, what people have not done in time."""

from supervisor.troubles import troubles


def test_a_tenant_above_its_quota_is_told() -> None:
    """With both numbers; one that is within is not."""
    tenants = {
        "acme": {"octets_today": 3_000, "quota": 2_000},
        "bank": {"octets_today": 2_000, "quota": 2_000},
    }
    role = {"role": "collector", "running": True, "tenants": tenants}
    assert list(troubles({"roles": {"collector": role}})) == [
        "ABOVE QUOTA: tenant acme, 3,000 octets of messages today of 2,000"
    ]


def test_what_people_have_not_done_in_time_is_told() -> None:
    """Missed reviews and overdue findings, with the command that names them; waiting is no trouble."""
    waits = {"reviews_waiting": 4, "reviews_missed": 3, "findings_open": 2, "findings_overdue": 1}
    role = {"role": "web", "running": True, "waits": waits}
    assert list(troubles({"roles": {"web": role}})) == [
        "MISSED: 3 reviews not signed off in time; see sysledger reviews list --missed",
        "OVERDUE: 1 finding not resolved in time; see sysledger findings list --overdue",
    ]
    role["waits"] = {**waits, "reviews_missed": 0, "findings_overdue": 0}
    assert list(troubles({"roles": {"web": role}})) == []


def test_a_ledger_that_is_not_continued_is_told() -> None:
    """Each tenant's, with the command that says why."""
    role = {"role": "indexer", "running": True, "ledgers_stopped": ["acme"]}
    assert list(troubles({"roles": {"indexer": role}})) == [
        "LEDGER of tenant acme is not continued: sysledger ledger verify says why"
    ]
