"""One running Tandem: the four processes under supervisord, started, watched and stopped as a whole.

`make run`, the end-to-end tests, the benchmarks and the screenshots all start it through here.
"""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from supervisor.xmlrpc import SupervisorTransport

from handoff_gateway import secret_files
from scripts.settings import ROOT, SystemSettings

NEEDED_DISK_BYTES = 300 * 1024 * 1024  # logs, databases and the index of a small base, with room to breathe
READY_DEADLINE_S = 600.0  # a first start encodes all articles: 20 s, minutes on a slow or busy machine
STOP_DEADLINE_S = 25.0  # a little over supervisord's own patience with its slowest child
POLL_S = 0.25
EARLY_ENDS = 2  # a process may be killed just after its start; one that ends early twice has a reason
ENDS = 3  # and so has one that ends again and again, however slow the machine is to get it there
PROBE_DEADLINE_S = 2.0
MAX_SOCKET_PATH = 100  # a Unix socket's path ends at 108 bytes


class StartError(Exception):
    """The system cannot start or stay up; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Part:
    """One supervised process: its name, its command and the address that says whether it serves."""

    name: str
    command: tuple[str, ...]
    health: str


def parts_of(settings: SystemSettings) -> tuple[Part, ...]:
    """The four processes of a system with these settings."""
    main, rasa = str(ROOT / ".venv/bin/python"), str(ROOT / ".venv-rasa/bin/python")
    local = "http://127.0.0.1"
    return (
        Part("knowledge_base", (main, "-m", "knowledge_base", "serve"), f"{local}:{settings.knowledge_port}/health"),
        Part("actions", (rasa, "-m", "actions"), f"{local}:{settings.actions_port}/health"),
        Part("bot", (rasa, "-m", "bot.serve"), f"{local}:{settings.rasa_port}/webhooks/gateway/health"),
        Part("handoff_gateway", (main, "-m", "handoff_gateway", "serve"), f"{gateway_url(settings)}/health"),
    )


def gateway_url(settings: SystemSettings) -> str:
    """The address of the gateway's pages as seen from this machine."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host
    return f"http://{host}:{settings.gateway_port}"


def check_machine(settings: SystemSettings) -> None:
    """Refuse to start where it cannot work.

    Raises:
        StartError: a port is taken, the folder cannot be written, or the disk is nearly full.
    """
    for variable, (host, port) in settings.ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as failure:
                raise StartError(
                    f"Port {port} on {host} cannot be used ({failure.strerror}{_owner_of(port)}): stop what uses it, "
                    f"or choose another with {variable}=…"
                ) from failure
    try:
        settings.var.mkdir(parents=True, exist_ok=True, mode=0o700)
        (settings.var / "logs").mkdir(exist_ok=True)
        free = shutil.disk_usage(settings.var).free
    except OSError as failure:
        raise StartError(f"{settings.var} cannot be written ({failure.strerror}): set TANDEM_VAR.") from failure
    if free < NEEDED_DISK_BYTES:
        raise StartError(
            f"Only {free // 2**20} MB are free for {settings.var}, {NEEDED_DISK_BYTES // 2**20} MB are needed: "
            "free some space or set TANDEM_VAR to a folder on another disk."
        )


def _owner_of(port: int) -> str:
    """Which process listens on a port, as far as this account may know."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
            if listens and connection.pid:
                return f" by {psutil.Process(connection.pid).name()}, process {connection.pid}"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return ""
    return ""


def _die_with_parent() -> None:
    """Have the kernel stop supervisord when whoever started it is killed (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class System:
    """The four processes under one supervisord."""

    def __init__(self, settings: SystemSettings, extra_env: dict[str, str] | None = None) -> None:
        """Describe a system; nothing starts yet. `extra_env` is handed to every process."""
        self.settings = settings
        self.parts = parts_of(settings)
        self._environment = {**os.environ, **settings.to_env(), **(extra_env or {})}
        self._daemon: subprocess.Popen[bytes] | None = None
        control = settings.var / "supervisor.sock"
        if len(str(control)) > MAX_SOCKET_PATH:
            raise StartError(f"{settings.var} is too long a path for a Unix socket: set TANDEM_VAR to a shorter one.")
        self._control = control

    # --- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start supervisord and the four processes; returns before they serve."""
        check_machine(self.settings)
        secret_files.service_token(self.settings.var / "secrets")  # bot and actions only read it
        configuration = self.settings.var / "supervisord.conf"
        configuration.write_text(self._configuration())
        self._daemon = subprocess.Popen(
            [str(ROOT / ".venv/bin/supervisord"), "--nodaemon", "--configuration", str(configuration)],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    def wait_until_ready(self, on_ready: Callable[[str, float], object] = lambda *_: None) -> None:
        """Wait until every part serves; `on_ready(name, seconds)` is called for each as it does.

        Raises:
            StartError: a part keeps ending, supervisord ended, or the deadline passed.
        """
        started, began = time.monotonic(), int(time.time())
        waiting = {part.name: part for part in self.parts}
        early: dict[str, set[int]] = {name: set() for name in waiting}
        ends: dict[str, set[int]] = {name: {began} for name in waiting}
        with httpx.Client(timeout=PROBE_DEADLINE_S, trust_env=False) as client:
            while waiting:
                for part in list(waiting.values()):
                    if self._serves(client, part):
                        del waiting[part.name]
                        on_ready(part.name, time.monotonic() - started)
                if not waiting:
                    return
                self._raise_if_failed(waiting, early, ends)
                if time.monotonic() - started > READY_DEADLINE_S:
                    raise StartError(
                        f"{', '.join(waiting)} did not become ready within {READY_DEADLINE_S:.0f} s: "
                        f"see {self.settings.var / 'logs'}."
                    )
                time.sleep(POLL_S)

    def stop(self) -> None:
        """Stop everything cleanly, by force where it will not; safe to call twice."""
        if self._daemon is None:
            return
        daemon, self._daemon = self._daemon, None
        children = psutil.Process(daemon.pid).children(recursive=True) if daemon.poll() is None else []
        if daemon.poll() is None:
            daemon.terminate()
            try:
                daemon.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        _, left = psutil.wait_procs(children, timeout=2)
        for process in left:
            process.kill()

    def alive(self) -> bool:
        """Whether supervisord itself still runs."""
        return self._daemon is not None and self._daemon.poll() is None

    # --- looking and poking -------------------------------------------------------------------------------------------

    def processes(self) -> dict[str, dict[str, Any]]:
        """Part name → what supervisord knows of it (`pid`, `statename`, `spawnerr`, …)."""
        transport = SupervisorTransport(None, None, f"unix://{self._control}")
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            infos: Any = proxy.supervisor.getAllProcessInfo()
        return {info["name"]: info for info in infos}

    def kill(self, name: str, with_signal: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to one part; returns the process id it went to."""
        pid = int(self.processes()[name]["pid"])
        os.kill(pid, with_signal)
        return pid

    def service_token(self) -> str:
        """The token that parts and tools present to each other."""
        return (self.settings.var / "secrets" / "service_token").read_text().strip()

    def admin_password(self) -> str:
        """The password of the first accounts."""
        return (self.settings.var / "secrets" / "admin_password").read_text().strip()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _serves(self, client: httpx.Client, part: Part) -> bool:
        try:
            return client.get(part.health).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def _raise_if_failed(self, waiting: dict[str, Part], early: dict[str, set[int]], ends: dict[str, set[int]]) -> None:
        """Give up on a part that ends again and again.

        Args:
            early: when each ended within a second of its start, from call to call.
            ends: when each ended at all, and first when the wait began.
        """
        if not self.alive():
            raise StartError(f"supervisord ended: see {self.settings.var / 'logs' / 'supervisord.log'}.")
        try:
            processes = self.processes()
        except (OSError, xmlrpc.client.Error):
            return  # supervisord is still opening its socket
        for name in waiting:
            if processes[name]["statename"] in ("BACKOFF", "FATAL"):
                early[name].add(int(processes[name]["stop"]))
            if processes[name]["stop"] > min(ends[name]):
                ends[name].add(int(processes[name]["stop"]))
            if len(early[name]) >= EARLY_ENDS or len(ends[name]) > ENDS:
                raise StartError(f"{name} does not start: {self._last_line(name)}")

    def _last_line(self, name: str) -> str:
        log = self.settings.var / "logs" / f"{name}.log"
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return lines[-1] if lines else f"it said nothing; see {log}"

    def _configuration(self) -> str:
        """supervisord's configuration file for this system."""
        var = _quoted(self.settings.var)
        head = f"""\
[supervisord]
logfile={var}/logs/supervisord.log
pidfile={var}/supervisord.pid
childlogdir={var}/logs
umask=077

[unix_http_server]
file={_quoted(self._control)}
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
        return head + "".join(self._program(part) for part in self.parts)

    def _program(self, part: Part) -> str:
        return f"""
[program:{part.name}]
command={_quoted(" ".join(part.command))}
directory={_quoted(ROOT)}
autorestart=true
startsecs=1
startretries=1000
stopwaitsecs=10
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile={_quoted(self.settings.var)}/logs/{part.name}.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=3
"""


def _quoted(value: object) -> str:
    """A value for supervisord's configuration, where a percent sign starts an expansion."""
    return str(value).replace("%", "%%")


def free_ports(count: int) -> list[int]:
    """Distinct TCP ports of loopback that nothing listens on just now."""
    held = [socket.socket() for _ in range(count)]
    try:
        for probe in held:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in held]
    finally:
        for probe in held:
            probe.close()


def settings_on_free_ports(var: Path) -> SystemSettings:
    """The settings of a system with its state in `var` that meets no other one on this machine."""
    gateway, sockets, knowledge, rasa, actions = free_ports(5)
    return SystemSettings(
        var,
        gateway_port=gateway,
        gateway_ws_port=sockets,
        knowledge_port=knowledge,
        rasa_port=rasa,
        actions_port=actions,
    )


@contextmanager
def running_system(var: Path, extra_env: dict[str, str] | None = None) -> Iterator[System]:
    """A whole system of its own, on free ports with its state in `var`, until the block ends."""
    system = System(settings_on_free_ports(var), extra_env)
    try:
        system.start()
        system.wait_until_ready()
        yield system
    finally:
        system.stop()


def fail(problem: object) -> None:
    """Print one sentence and end with an error."""
    print(f"\n{problem}", file=sys.stderr, flush=True)
    raise SystemExit(1)
