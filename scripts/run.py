"""Start a whole Tandem and keep it up until Ctrl-C (`make run`)."""

import signal
import threading
import time

from scripts.languages import LanguageWatch
from scripts.settings import SystemSettings
from scripts.system import StartError, System, check_machine, fail, gateway_url
from scripts.train import train_if_needed

LABELS = {
    "knowledge_base": "knowledge base",
    "actions": "action server",
    "bot": "bot (Rasa)",
    "handoff_gateway": "gateway",
}


def announce(system: System, seconds: float) -> None:
    """Print where everything is and how to sign in."""
    settings = system.settings
    url = gateway_url(settings)
    accounts = "admin@localhost" + (", agent@localhost, editor@localhost" if settings.demo else "")
    print(
        f"""
Tandem is up ({seconds:.0f} s).

  customers     {url}/          the demo shop with the chat widget
  agents        {url}/desk      the desk
  editors       {url}/editor    the articles the bot answers from
  supervisors   {url}/manage    teams, hours, accounts
  sign in       {accounts}
  password      {system.admin_password()}   (made at first start, kept in {settings.var}/secrets/admin_password)

State and logs are in {settings.var}. Ctrl-C stops everything.
""",
        flush=True,
    )


def main() -> None:
    """Train if needed, start, wait until everything serves, then until told to stop."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _interrupt(stopping))
    started = time.monotonic()
    system: System | None = None
    try:
        settings = SystemSettings.from_env()
        check_machine(settings)
        train_if_needed(settings.encoder)
        system = System(settings)
        print(
            "[run] starting knowledge base, action server, bot and gateway (about 20 s; a first start encodes the "
            "articles too)",
            flush=True,
        )
        system.start()
        system.wait_until_ready(lambda name, after: print(f"[run] {LABELS[name]} serves ({after:.0f} s)", flush=True))
        announce(system, time.monotonic() - started)
        languages = LanguageWatch(next(part.health for part in system.parts if part.name == "knowledge_base"))
        while not stopping.wait(1):
            if not system.alive():
                raise StartError(f"supervisord ended: see {settings.var / 'logs' / 'supervisord.log'}.")
            if (problem := languages.look()) is not None:
                print(
                    f"[run] questions in other languages than English are answered by words alone: {problem}",
                    flush=True,
                )
    except KeyboardInterrupt:
        pass
    except (StartError, ValueError) as problem:
        if system is not None:
            system.stop()
        fail(problem)
    finally:
        if system is not None:
            print("\n[run] stopping", flush=True)
            system.stop()
            print("[run] stopped; nothing is left running", flush=True)


def _interrupt(stopping: threading.Event) -> None:
    """The first signal ends the wait at once wherever it is; further ones do not cut the clean stop short."""
    if stopping.is_set():
        return
    stopping.set()
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
