"""`sysledger tls` and `sysledger handoff`: keys, certificates, fingerprints."""

from datetime import UTC, datetime
from pathlib import Path

from commands.settings import load_settings
from storage.layout import Layout
from supervisor import options


def tls_show(config: options.Config = None, data: options.Data = None) -> None:
    """Show the fingerprints of the certificates that senders see, by listener."""
    from collector.certificate import fingerprints
    from collector.credentials import shown_certificates

    settings = load_settings(config, data)
    for file, listeners in shown_certificates(settings.collector, Layout(settings.data).tls).items():
        print(f"{file}, shown by {', '.join(listeners)}:")
        if not file.exists():
            print("  is not there yet; the appliance's own is made at its first start")
            continue
        for mark in fingerprints(file):
            print(f"  {mark}")


def tls_fingerprint(shown: options.Shown) -> None:
    """Print the fingerprints of a certificate, as client_fingerprints takes them and devices show them."""
    from collector.authority import shown_at

    for mark in shown_at(shown):
        print(mark)


def tls_init_ca(
    authority: options.AuthorityFolder = None,
    name: options.AuthorityName = "Sysledger authority",
    config: options.Config = None,
    data: options.Data = None,
    force: options.Force = False,
) -> None:
    """Make a small authority, which certifies collectors and devices by issue and sign."""
    from collector.authority import make_authority

    files = make_authority(_authority_folder(authority, config, data), name, datetime.now(UTC), force=force)
    print(f"{files.certificate}: give this to every sender, and to listeners as client_ca")
    print(f"{files.key}: keep this secret: whoever has it can be any sender")


def tls_issue(
    names: options.Names,
    authority: options.AuthorityFolder = None,
    out: options.Out = Path(),
    days: options.Days = 730,
    config: options.Config = None,
    data: options.Data = None,
    force: options.Force = False,
) -> None:
    """Make key and certificate for a collector or a device; both for either end of a connection."""
    from collector.authority import issue, read_authority

    by = read_authority(_authority_folder(authority, config, data))
    files = issue(by, names, out, now=datetime.now(UTC), days=days, force=force)
    print(f"{files.certificate}: set it as certificate of a listener, or in the device")
    print(f"{files.key}: its key, for the user that the listener runs as, or the device alone")


def tls_sign(
    request: options.Request,
    name: options.RequestNames = None,
    authority: options.AuthorityFolder = None,
    days: options.Days = 730,
    config: options.Config = None,
    data: options.Data = None,
    force: options.Force = False,
) -> None:
    """Certify a device that made its own key, by the request that it gave."""
    from collector.authority import read_authority, sign

    by = read_authority(_authority_folder(authority, config, data))
    file, names = sign(by, request, name or (), now=datetime.now(UTC), days=days, force=force)
    print(f"{file}: certifies {', '.join(names)}; bring it to the device, with the authority's ca.pem")


def handoff_key(config: options.Config = None, data: options.Data = None) -> None:
    """Print this machine's public key, which the other machine's configuration names."""
    from curve import own_keys

    print(own_keys(Layout(load_settings(config, data).data).tls).public)


def _authority_folder(folder: Path | None, config: Path | None, data: Path | None) -> Path:
    return folder or Layout(load_settings(config, data).data).tls / "authority"
