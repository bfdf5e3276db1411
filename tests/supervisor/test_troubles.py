"""What an operator has to see: tenants above their quotas."""

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
