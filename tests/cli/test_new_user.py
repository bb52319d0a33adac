"""What somebody meets who has just typed ``pip install .``, step by step, good days and bad."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from confiture_coord.cli.app import app
from confiture_coord.cli.unreached import PLACES
from confiture_coord.version import wrapper_version
from tests.cli.conftest import CHECKOUT, Newcomer, Result, Run
from tools.places import as_server_user

VERSION = wrapper_version()
STRIPE = "ALTER TABLE users ADD COLUMN stripe_id TEXT"
OAUTH = "ALTER TABLE users ADD COLUMN oauth_id TEXT"


def plan(agent: str, feature: str, *changes: str) -> list[str]:
    arguments = ["--agent-id", agent, "--feature-name", feature]
    return [*arguments, *(part for each in changes for part in ("--schema-changes", each))]


def refused(result: Result, *said: str) -> None:
    """One message on standard error: what is wrong, where, and what to do next."""
    assert result.status == 2, result
    assert result.out == ""
    assert result.err.startswith("Error: ")
    assert "\nHint: " in result.err
    assert "Traceback" not in result.err
    assert len(result.err.splitlines()) < 12
    missing = [words for words in said if words not in result.err]
    assert missing == [], result.err


def test_pip_install_gives_wrapper_command_and_sql(newcomer: Newcomer) -> None:
    assert newcomer("--version") == Result(0, f"confiture-coord {VERSION}\n", "")
    script = (
        "import confiture_coord, pathlib; folder = pathlib.Path(confiture_coord.__file__).parent;"
        "print(confiture_coord.IntentRegistry.__name__, confiture_coord.__version__,"
        " (folder / 'py.typed').exists());"
        "print(*sorted(each.name for each in (folder / 'sql').iterdir()))"
    )
    told = newcomer.shell(f"python -I -c {shlex.quote(script)}")
    wrapper, files = told.out.splitlines()
    assert wrapper == f"IntentRegistry {VERSION} True"
    ours = CHECKOUT / "python" / "confiture_coord" / "sql"
    assert files.split() == sorted(path.name for path in ours.iterdir())
    inside = newcomer.shell(
        "python -I -c 'import confiture_coord; print(confiture_coord.__file__)'"
    )
    assert str(newcomer.venv) in inside.out
    assert (
        newcomer.shell("python -m confiture_coord --version").out == f"confiture-coord {VERSION}\n"
    )


def test_the_path_from_nothing_to_a_resolved_conflict(newcomer: Newcomer, plain_dsn: str) -> None:
    newcomer.environment["DATABASE_URL"] = plain_dsn

    before = newcomer("doctor")
    assert before.status == 2
    assert "✗ confiture_coord: is not installed in this database" in before.out
    assert "  → confiture-coord install, as a superuser" in before.out

    installed = newcomer("install")
    assert (installed.status, installed.err) == (0, "")
    assert f"✓ Installed version {VERSION} as an extension" in installed.out
    assert "GRANT coord_agent TO" in installed.out

    after = newcomer("doctor")
    assert (after.status, after.err) == (0, "")
    assert "✗" not in after.out

    assert "No intentions yet" in newcomer("list-intents").out
    first = newcomer("register", *plan("claude-payments", "stripe", STRIPE))
    assert "✓ No conflicts" in first.out
    second = newcomer("register", *plan("claude-auth", "oauth", OAUTH))
    assert "Found 1 conflict(s)" in second.out
    # It says what to do next, and that works as it is written.
    advice = next(line for line in second.out.splitlines() if "confiture-coord status" in line)
    status = newcomer.shell(advice.partition(": ")[2])
    assert "Suggestions:" in status.out
    assert "confiture-coord resolve --conflict-id NUMBER" in status.out

    check = newcomer("check", *plan("claude-x", "x", STRIPE.replace("TEXT", "INT")))
    assert check.status == 1
    assert "column [error] (users.stripe_id)" in check.out

    assert "Conflicts (1 open)" in newcomer("conflicts").out
    resolved = newcomer("resolve", "--conflict-id", "1", "--notes", "stripe goes first")
    assert resolved.out.startswith("✓ Conflict 1 is resolved")
    assert newcomer("conflicts").out == "✓ No open conflicts\n"
    assert newcomer("install").out == f"✓ Version {VERSION} is installed already, as an extension\n"


def test_watching(settled: Newcomer) -> None:
    watching = settled.start("watch", "--interval", "0.2")
    assert watching.stdout is not None
    assert watching.stdout.readline() == "Watching; Ctrl-C ends.\n"
    settled("register", *plan("claude-payments", "stripe", STRIPE))
    assert "stripe: registered by claude-payments" in watching.stdout.readline()
    watching.send_signal(2)
    assert (*watching.communicate(), watching.returncode) == ("", "", 0)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the command runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# -- what goes wrong before a server is asked -----------------------------------------------------


def test_nobody_said_which_database(anywhere: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", *PLACES):
        monkeypatch.delenv(name, raising=False)
    for command in ("list-intents", "doctor", "install", "watch", "conflicts"):
        refused(
            anywhere(command),
            "No database URL provided. Use --db-url or set DATABASE_URL environment variable",
            "export DATABASE_URL=postgresql://",
        )


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ("{'jira': 1}", "--metadata is not JSON: Expecting property name"),
        ("{", "--metadata is not JSON"),
        ("[1]", "--metadata is not a JSON object"),
        ('{"a": NaN}', "JSON knows neither NaN nor Infinity"),
        (r'{"a": "\ud800"}', "nor half of a character"),
        (r'{"a": "\u0000"}', "cannot hold the character"),
        ("[" * 120_000, "--metadata is nested too deeply"),
    ],
    ids=lambda text: text[:20],
)
def test_metadata_that_is_no_json(run: Run, metadata: str, said: str) -> None:
    refused(run("register", *plan("a", "f", STRIPE), "--metadata", metadata), said)


def test_a_file_that_cannot_be_read(settled: Newcomer, run_folder: Path) -> None:
    secret = run_folder / "secret.sql"
    secret.write_text(STRIPE)
    secret.chmod(0)
    who = as_server_user()  # root could read it
    arguments = plan("a", "f", str(secret))
    done = settled.start("check", *arguments, **who, env={"HOME": "/"}, cwd="/")
    out, err = done.communicate()
    refused(
        Result(done.returncode, out, err),
        f"Cannot read {secret}: Permission denied",
        "Check the file's permissions",
    )


def test_files_that_are_no_ddl(here: Path, run: Run) -> None:
    (here / "large.sql").write_text("SELECT 1;\n" * 1_050_000)
    (here / "latin.sql").write_bytes(b"-- one\nCREATE TABLE gr\xfc\xdfe ();\n")
    (here / "notes.txt").write_text("CREATE TABLE a ()")
    (here / "folder").mkdir()
    for name, *said in (
        ("large.sql", "Schema changes are too long", "the limit is 1000000", "max_script_bytes"),
        ("latin.sql", "latin.sql is not UTF-8 text: byte 0xfc in line 2", "iconv -f LATIN1"),
        ("missing.sql", "There is no file missing.sql", "Check the path"),
        ("notes.txt", "name does not end in .sql", "--schema-changes - < notes.txt"),
        ("folder", "Cannot take folder: it is a directory", "Give the .sql files in it"),
    ):
        for command in ("check", "register"):
            refused(run(command, *plan("a", "f", name)), *said)


def test_a_syntax_error_names_file_line_and_column(here: Path, run: Run) -> None:
    (here / "1.sql").write_text("CREATE TABLE a ();\nCREATE TABLE b ();\n")
    (here / "2.sql").write_text("CREATE TABLE c ();\nALTER TABEL users;\n")
    wrong = run("check", *plan("a", "f", "1.sql", "2.sql"))
    refused(wrong, "2.sql, statement 4, line 2, column 7:", "  ALTER TABEL users;\n        ^\n")
    alone = run("register", *plan("a", "f", "2.sql"))
    refused(alone, "2.sql, statement 2, line 2, column 7:")
    typed = run("register", *plan("a", "f", "CREAT TABLE x ()"))
    refused(typed, "  statement 1, line 1, column 1:\n  CREAT TABLE x ()\n  ^\n")
    github = run("check", *plan("a", "f", "1.sql", "2.sql"), "--format", "github")
    assert github.status == 2
    assert github.out.startswith("::error file=2.sql,line=2,title=confiture-coord::")


def test_several_sources_are_one_plan(settled: Newcomer) -> None:
    (settled.home / "1.sql").write_text("CREATE TABLE a ();")
    (settled.home / "2.sql").write_text("CREATE TABLE b ();")
    arguments = shlex.join(plan("a", "f", "1.sql", "-", "2.sql", "CREATE TABLE d ()"))
    told = settled.shell(
        f"echo 'CREATE TABLE c ()' | confiture-coord register {arguments} --format json"
    )
    assert [each.split()[2] for each in told.json["intent"]["schema_changes"]] == [
        "a",
        "c",
        "b",
        "d",
    ]
    glob = settled.shell(
        "confiture-coord check --agent-id a --feature-name f --schema-changes *.sql"
    )
    refused(
        glob, "Got unexpected extra argument(s) (2.sql)", "give each file its own --schema-changes"
    )


def test_what_is_typed_is_no_utf8(settled: Newcomer) -> None:
    for line in (
        r"confiture-coord list-intents --agent-filter $'gr\xfc'",
        r"confiture-coord check --agent-id $'\xfc' --feature-name f --schema-changes 'SELECT 1'",
    ):
        refused(settled.shell(line), "An argument is not UTF-8 text: byte 0xfc", "in UTF-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["status", "--intent-id", "int_abc123"], "Intention not found: int_abc123"),
        (["start", "--intent-id", "550e8400"], "list-intents` shows the ids"),
        (["start", "--intent-id", "550e"], "at least its first 8 characters"),
        (["resolve", "--conflict-id", "7", "--notes", "x"], "conflicts` shows the numbers"),
        (["resolve", "--conflict-id", "x", "--notes", "x"], "--conflict-id"),
        (["resolve", "--conflict-id", "9" * 20, "--notes", "x"], "out of range"),
        (["register", *plan("a", "f", STRIPE), "--estimated-hours", "1e300"], "cannot be 1e+300"),
        (["register", *plan("a", "f", STRIPE), "--risk-level", "huge"], "low, medium, high"),
        (["register", *plan("a", "f", STRIPE), "--refuse-on", "huge"], "warning, error"),
        (["register", *plan("", "f", STRIPE)], "agent_id must not be empty"),
        (["register", *plan("a", "f", "")], "contain no statement"),
        (["list-intents", "--status-filter", "done"], "Known: abandoned, completed"),
        (["list-intents", "--format", "yaml"], "--format"),
        (["watch", "--interval", "0"], "--interval"),
        (["uninstall"], "say --yes"),
        (["nonsense"], "confiture-coord --help"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_a_mistake(run: Run, arguments: list[str], said: str) -> None:
    refused(run(*arguments), said)


def test_without_a_client_library(settled: Newcomer) -> None:
    # "binary" is the implementation that comes with psycopg's wheel; this one does not exist.
    without = settled("merge-order", env={"PSYCOPG_IMPL": "c"})
    refused(without, "libpq, is not found", "pip install 'psycopg[binary]'")


# -- terminals, pipes and their absence -----------------------------------------------------------


@pytest.fixture
def busy(settled: Newcomer) -> Newcomer:
    settled("register", *plan("claude-payments-with-a-long-name", "stripe_integration", STRIPE))
    settled("register", *plan("claude-auth-with-a-long-name", "oauth2_provider", OAUTH))
    return settled


def unstyled(shown: str) -> str:
    """What is left without colours."""
    first, *rest = shown.split("\x1b[")
    return first + "".join(piece.partition("m")[2] for piece in rest)


LISTS = (["list-intents"], ["conflicts"], ["merge-order"])


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_a_terminal_of_any_width_shows_everything(busy: Newcomer, columns: int) -> None:
    for command in LISTS:
        shown = unstyled(busy.on_terminal(*command, columns=columns).out)
        assert "…" not in shown
        assert max(map(len, shown.splitlines())) <= columns
        cells = [line.split("│")[1:-1] for line in shown.splitlines() if "│" in line]
        together = " ".join(
            "".join(part.strip() for part in column) for column in zip(*cells, strict=True)
        )
        for word in ("claude-payments-with-a-long-name", "oauth2_provider"):
            assert word in together, shown


def test_colours_are_for_terminals_that_want_them(busy: Newcomer) -> None:
    escape = "\x1b["
    assert escape in busy.on_terminal("list-intents").out
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}):
        plain = busy.on_terminal("list-intents", **environment)
        assert plain.status == 0
        assert not any(code in plain.out for code in ("[31m", "[33m", "[36m", "[1;")), environment
        assert "oauth2_provider" in plain.out
    assert escape not in busy("list-intents").out
    assert escape not in busy("list-intents", env={"TERM": "xterm-256color"}).out


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1", ""])
def test_any_locale(settled: Newcomer, locale: str) -> None:
    environment = {"LANG": locale, "LC_ALL": locale}
    registered = settled("register", *plan("größe", "f", "CREATE TABLE t ()"), env=environment)
    assert (registered.status, registered.err) == (0, "")
    for command in (["list-intents", "--format", "json"], ["merge-order", "--format", "json"]):
        assert "größe" in str(settled(*command, env=environment).json)


def test_watching_on_a_terminal_until_ctrl_c(busy: Newcomer) -> None:
    for columns in (40, 100):
        shown = busy.on_terminal("watch", columns=columns, keys=[b"\x03"])
        assert shown.status == 0, shown.out
        assert "Traceback" not in shown.out


def test_whoever_reads_may_stop_reading(busy: Newcomer) -> None:
    for command in ("list-intents", "conflicts", "merge-order", "doctor", "--help"):
        first = busy.shell(f"confiture-coord {command} | head -1")
        assert (first.status, first.err) == (0, "")
        assert len(first.out.splitlines()) == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(busy: Newcomer, closed: str) -> None:
    for command, status in (("list-intents", 0), ("merge-order", 0), ("nonsense", 2)):
        told = busy.shell(f"confiture-coord {command} {closed}")
        assert told.status == status, told
        assert "Traceback" not in told.err
        assert "defect" not in told.err
    nothing = busy.shell(
        "confiture-coord check --agent-id a --feature-name f --schema-changes - <&-"
    )
    assert "contain no statement" in nothing.err


def test_a_full_disk(busy: Newcomer) -> None:
    for command in ("list-intents", "merge-order --format json"):
        told = busy.shell(f"confiture-coord {command} >/dev/full")
        assert told.status == 2
        assert "No space left on device" in told.err
        assert "Traceback" not in told.err


# -- help and completion --------------------------------------------------------------------------


def test_help_has_examples_and_is_never_cut_off(
    anywhere: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [command.name or command.callback.__name__ for command in app.registered_commands]  # type: ignore[union-attr]
    assert len(names) >= 17
    for name in ("", *names):
        shown = []
        for columns in ("40", "80", "400"):
            monkeypatch.setenv("COLUMNS", columns)
            told = anywhere(*name.split(), "--help")
            assert (told.status, told.err) == (0, "")
            shown.append("".join(told.out.split()))
        assert shown == [shown[0]] * 3
        if name:
            assert f"  confiture-coord {name}" in told.out


def test_help_on_a_terminal(newcomer: Newcomer) -> None:
    wide = newcomer.on_terminal("register", "--help", columns=100).out
    assert "╭" in wide
    narrow = newcomer.on_terminal("register", "--help", columns=40).out
    assert "╭" not in narrow
    assert "--schema-changes" in narrow


def test_shell_completion(settled: Newcomer) -> None:
    # A command of more than one part: otherwise bash hands itself over, and is not the parent
    # that the shell in use is told from.
    script = settled.shell("confiture-coord --show-completion; true")
    assert "confiture-coord" in script.out
    completing = {"_CONFITURE_COORD_COMPLETE": "complete_bash"}
    words = {"COMP_WORDS": "confiture-coord re", "COMP_CWORD": "1"}
    assert settled(env=completing | words).out.split() == ["register", "resolve"]
    words = {"COMP_WORDS": "confiture-coord list-intents --st", "COMP_CWORD": "2"}
    assert settled(env=completing | words).out.split() == ["--status-filter"]
