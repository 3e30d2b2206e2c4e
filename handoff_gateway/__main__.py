"""`python -m handoff_gateway`: serve, and administrative commands."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys

from handoff_gateway.errors import RefusedError, StartupError
from handoff_gateway.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code; a failure is one sentence on stderr."""
    parsed = _parser().parse_args(arguments)
    try:
        settings = Settings.from_env()
        if parsed.command == "serve":
            from handoff_gateway import serve

            return serve.main(settings)
        run = {"teams": _teams, "identity": _identity, "erase": _customer, "export": _customer}.get(
            parsed.command, _accounts
        )
        return run(parsed, settings)
    except (StartupError, RefusedError) as error:
        print(error, file=sys.stderr)
        return 1


def _accounts(parsed: argparse.Namespace, settings: Settings) -> int:
    from handoff_gateway.cli import account_commands

    if parsed.action == "list":
        return account_commands.show(settings)
    if parsed.action == "reset-second-factor":
        return account_commands.reset_second_factor(settings, parsed.email)
    password = parsed.password or _ask_password()
    if parsed.action == "set-password":
        return account_commands.set_password(settings, parsed.email, password)
    return account_commands.add(settings, parsed.email, parsed.name or parsed.email, parsed.role, password)


def _teams(parsed: argparse.Namespace, settings: Settings) -> int:
    from handoff_gateway.cli import team_commands

    match parsed.action:
        case "list":
            return team_commands.show(settings)
        case "add":
            return team_commands.add(settings, parsed.file)
        case "change":
            return team_commands.change(settings, parsed.team, parsed.file)
        case "remove":
            return team_commands.remove(settings, parsed.team)
        case _:
            return team_commands.agent(settings, parsed.email, parsed.language, parsed.skill)


def _customer(parsed: argparse.Namespace, settings: Settings) -> int:
    from handoff_gateway.cli import customer_commands

    run = customer_commands.erase if parsed.command == "erase" else customer_commands.export
    return run(settings, parsed.customer)


def _identity(parsed: argparse.Namespace, settings: Settings) -> int:
    from handoff_gateway.cli import identity_commands

    return identity_commands.sign(settings, parsed.subject, parsed.name, parsed.email, parsed.minutes)


def _ask_password() -> str:
    """Ask at a terminal; elsewhere make one and print it once."""
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    password = secrets.token_urlsafe(12)
    print(f"password: {password}")
    return password


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m handoff_gateway", description="Tandem's gateway.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve pages, the HTTP API and the sockets")
    accounts = commands.add_parser("accounts", help="the accounts of agents, editors, supervisors and admins")
    actions = accounts.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="show every account")
    add = actions.add_parser("add", help="make an account")
    add.add_argument("email")
    add.add_argument("--name", help="shown to customers and colleagues (default: the e-mail address)")
    add.add_argument("--role", action="append", required=True, help="agent, editor, supervisor or admin; repeatable")
    change = actions.add_parser("set-password", help="change a password; ends every sign-in of the account")
    change.add_argument("email")
    reset = actions.add_parser("reset-second-factor", help="let somebody in with the password alone")
    reset.add_argument("email")
    for name, told in (("export", "print everything kept of a customer"), ("erase", "erase a customer everywhere")):
        customer = commands.add_parser(name, help=told)
        customer.add_argument("customer", help="their id, their conversation's, or that of the host site")
    identity = commands.add_parser("identity", help="sign who a customer is, as the host site would: for trying out")
    identity.add_argument("subject", help="the host site's id of the customer")
    identity.add_argument("--name")
    identity.add_argument("--email")
    identity.add_argument("--minutes", type=float, default=60, help="until it expires (default: 60)")
    for command in (add, change):
        command.add_argument("--password", help="asked for, or made, when not given")
    _add_teams(commands.add_parser("teams", help="who answers what, when, and how fast"))
    return parser


def _add_teams(teams: argparse.ArgumentParser) -> None:
    actions = teams.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="show every team as JSON")
    add = actions.add_parser("add", help="make a team")
    change = actions.add_parser("change", help="change the fields that a file gives")
    remove = actions.add_parser("remove", help="delete a team nobody waits for")
    for command in (change, remove):
        command.add_argument("team", help="the team's id")
    for command in (add, change):
        command.add_argument("file", help="a JSON file as `list` prints it; - for standard input")
    agent = actions.add_parser("agent", help="say what an agent speaks and can do")
    agent.add_argument("email")
    agent.add_argument("--language", action="append", help="such as cs; repeatable")
    agent.add_argument("--skill", action="append", help="a word that a team asks for; repeatable")


if __name__ == "__main__":
    sys.exit(main())
