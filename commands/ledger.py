"""`sysledger ledger`: what the ledgers say, whether they go on from what was kept, and checks of proofs."""

import json
import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from commands.arguments import day_of, open_layout
from commands.settings import load_settings
from commands.words import fail, tell
from storage.layout import DEFAULT_TENANT, Layout
from supervisor import options
from supervisor.options import StateOutput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage.ledger import LedgerState
    from storage.ledger_check import Checked

_LARGEST_PROOF: Final = 1 << 28  # octets: a message as JSON writes it, and some hundred hashes
_MOST_MEMORY: Final = 4 << 30  # octets, for checking what others made
_COLUMNS: Final = ("tenant", "leaves", "records in it", "not in it yet", "signed (UTC)", "key")


def ledger_show(
    tenant: options.OfTenant = None,
    config: options.Config = None,
    data: options.Data = None,
    output: options.State = StateOutput.TABLE,
) -> None:
    """Show each tenant's ledger: how much is in it, and when it was signed."""
    from storage.ledger_told import summary, summary_document

    layout = open_layout(load_settings(config, data))
    told = [summary(layout, name) for name in _tenants(layout, tenant)]
    if output == StateOutput.JSON:
        print(json.dumps([summary_document(each) for each in told]))
    else:
        from supervisor.terminal import console, table

        rows = (
            (each.tenant, each.leaves, each.records, each.waiting, each.signed, each.key_id) for each in told
        )
        console().print(table(_COLUMNS, rows))
        for each in told:
            if each.fault:
                print(f"FAULT: {each.fault}")
    if any(each.fault for each in told):
        sys.exit(os.EX_DATAERR)


def ledger_checkpoint(
    tenant: options.Tenant = DEFAULT_TENANT, config: options.Config = None, data: options.Data = None
) -> None:
    """Print the newest checkpoint of a ledger, for somebody else to keep.

    Whoever has kept one sees with `ledger verify --against` whether the ledger goes on from it.
    """
    print(_state(open_layout(load_settings(config, data)), tenant).note, end="")


def ledger_key(
    tenant: options.Tenant = DEFAULT_TENANT, config: options.Config = None, data: options.Data = None
) -> None:
    """Print the key by which a ledger's checkpoints are checked: a line, no secret."""
    print(_state(open_layout(load_settings(config, data)), tenant).vkey)


def ledger_verify(
    tenant: options.OfTenant = None,
    day: options.OfDay = None,
    against: options.Against = None,
    config: options.Config = None,
    data: options.Data = None,
    output: options.State = StateOutput.TABLE,
) -> None:
    """Hash what is in the ledgers again, from the archive, and hold the ledgers against kept checkpoints.

    With the service running or not. It ends with exit code 65 when anything is not as it was signed.
    """
    from storage import verify_told
    from storage.ledger_verify import Wanted, records_to_read, verify_ledgers
    from supervisor.advance import Advance

    layout = open_layout(load_settings(config, data))
    _tenants(layout, tenant)
    held = [_held_against(layout, path) for path in against or ()]
    wanted = Wanted(tenant, None, None if day is None else day_of(day))
    hashed = Advance("hashed", records_to_read(layout, wanted), tell, ("records", 1))
    verified = verify_ledgers(layout, wanted, hashed.more)
    if output == StateOutput.JSON:
        ledgers = [verify_told.ledger_document(each) for each in verified]
        print(json.dumps({"ledgers": ledgers, "against": held}))
    else:
        from supervisor.terminal import console, table

        console().print(table(verify_told.LEDGER_COLUMNS, verify_told.ledger_rows(verified)))
        for sentence in verify_told.sentences([each for one in verified for each in one.findings]):
            print(sentence)
        for each in held:
            print(
                f"FAULT: {each['file']}: {each['fault']}"
                if each["fault"]
                else f"{each['file']}: {each['said']}"
            )
    if any(each.faults for each in verified) or any(each["fault"] for each in held):
        sys.exit(os.EX_DATAERR)


def ledger_check(
    path: options.Proofs,
    key: options.LedgerKey = None,
    output: options.State = StateOutput.TABLE,
) -> None:
    """Check an export's proofs, or the proof of one message, without the appliance and its archive.

    It ends with exit code 65 when anything is not proven, or messages were missing from the archive when the
    export was made, and with 66 when all fits together but no key was given: then nothing says who signed it.
    """
    from storage.ledger_note import NoteError
    from watch.shown import shown_text

    vkey = None if key is None else _key_given(key)
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    try:
        if path.is_file() and path.suffix == ".json":
            _check_message(path, vkey, output)
        else:
            _check_export(path, vkey, output)
    except NoteError as error:
        fail(shown_text(str(error)), os.EX_DATAERR)
    except MemoryError:
        fail(f"{path} takes more memory than an export of ours does: it was made up to do so", os.EX_DATAERR)
    if vkey is None:
        sys.exit(os.EX_NOINPUT)


def _check_export(path: Path, vkey: str | None, output: StateOutput) -> None:
    from storage.ledger_check import check
    from storage.ledger_check_told import document, sentences
    from storage.ledger_package import PackageError
    from supervisor.advance import Advance
    from watch.shown import shown_text

    advance = Advance("compared", 0, tell, ("messages", 1))
    try:
        checked: Checked = check(path, vkey, advance.more)
    except PackageError as error:
        fail(shown_text(str(error)), os.EX_DATAERR)
    if output == StateOutput.JSON:
        print(json.dumps(document(checked)))
    else:
        for sentence in sentences(checked):
            print(shown_text(sentence))  # whoever made the export up steers no terminal, nor adds a line
    if not checked.is_proven or checked.missing:
        sys.exit(os.EX_DATAERR)


def _check_message(path: Path, vkey: str | None, output: StateOutput) -> None:
    from storage.ledger_check_told import message_document, message_sentences
    from storage.ledger_note import VerifierKey
    from storage.ledger_proven import check_document, each_once
    from storage.ledger_tree import ProofError
    from watch.shown import shown_text

    try:
        if path.stat().st_size > _LARGEST_PROOF:
            raise ProofError("it is far too large for the proof of a message")  # noqa: TRY301 - one way out
        given = json.loads(path.read_bytes(), object_pairs_hook=each_once)
        if not isinstance(given, dict):
            raise ProofError(f"{path} is no proof of a message")  # noqa: TRY301 - one way out
        key = VerifierKey.parse(vkey or str(given.get("key")))
        checkpoint, record = check_document(given, key)
    except (OSError, ValueError, RecursionError, ProofError) as error:
        fail(shown_text(f"{path}: {error}"), os.EX_DATAERR)
    is_own = vkey is not None
    if output == StateOutput.JSON:
        print(json.dumps(message_document(given, checkpoint, record, is_own_key=is_own)))
        return
    for sentence in message_sentences(given, checkpoint, record, is_own_key=is_own):
        print(shown_text(sentence))


def _key_given(key: str) -> str:
    """Give the key: the line itself, or what stands in the file of that name."""
    try:
        return Path(key).read_text(errors="replace").strip() if Path(key).is_file() else key
    except OSError as error:
        fail(f"{key} cannot be read: {error.strerror}", os.EX_NOINPUT)


def _held_against(layout: Layout, path: Path) -> dict[str, Any]:
    """Hold the ledger that a kept checkpoint is of against it."""
    from storage.ledger import LedgerError, ledger_tenants, read_ledger, read_vkey
    from storage.ledger_note import NoteError, VerifierKey, origin_of
    from storage.ledger_since import leaves_of, since

    told: dict[str, Any] = {"file": str(path), "fault": "", "said": ""}
    try:
        note = path.read_text(errors="replace")
        for tenant in ledger_tenants(layout):
            vkey = read_vkey(layout, tenant)
            if vkey is None or VerifierKey.parse(vkey).name != origin_of(note):
                continue
            state = read_ledger(layout, tenant)
            if state is not None:
                kept, fault = since(state, note)
                said = f"the ledger of tenant {tenant} goes on from {kept.at:%Y-%m-%d %H:%M:%S} UTC"
                return {
                    **told,
                    "fault": fault,
                    "said": "" if fault else f"{said}, {leaves_of(kept.size)}",
                }
        told["fault"] = f"it is a checkpoint of no ledger here, but of {origin_of(note)[:100]!r}"
    except (OSError, NoteError, LedgerError) as error:
        told["fault"] = str(error)
    return told


def _tenants(layout: Layout, tenant: str | None) -> "Sequence[str]":
    """Give the tenants that are meant, or end the command when there is no such one."""
    from storage.ledger import ledger_tenants

    known: Iterable[str] = {*ledger_tenants(layout), *(name.tenant for name in layout.streams())}
    if tenant is not None and tenant not in known:
        fail(
            f"there is nothing of a tenant {tenant}: there is {', '.join(sorted(known)) or 'none'}",
            os.EX_USAGE,
        )
    return sorted(known) if tenant is None else [tenant]


def _state(layout: Layout, tenant: str) -> "LedgerState":
    """Give a tenant's ledger, or end the command when there is none."""
    from storage.ledger import LedgerError
    from storage.ledger_export import ledger_of

    (name,) = _tenants(layout, tenant)
    try:
        return ledger_of(layout, name)
    except LedgerError as error:
        fail(str(error), os.EX_DATAERR)
