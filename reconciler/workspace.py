"""
The public API: a workspace is planned, applied and checked for drift.

    workspace = Workspace.open(Path("."), env=os.environ, progress=Silent(), stop=Stop())
    plan = workspace.plan()
    result = workspace.apply(confirm=lambda plan: True)

read desired (config) → read recorded (state) → read live (engine) → plan → apply
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx

from reconciler.config import Configuration, Given, Instance, load
from reconciler.config.cache import NOT_KEPT, Cache
from reconciler.config.places import located
from reconciler.config.variables import NOTHING_GIVEN
from reconciler.engine import finding, recover, refresh
from reconciler.engine.apply import apply
from reconciler.engine.drafting import drafted
from reconciler.engine.history import traced
from reconciler.engine.http import Endpoint, HttpApi
from reconciler.engine.incremental import Kept, Look
from reconciler.engine.judge import judged, refuse_overrides
from reconciler.engine.marked import foreign
from reconciler.engine.means import Known, Means
from reconciler.engine.moments import instant, now
from reconciler.engine.notify import Notifier
from reconciler.engine.perform import SETTLE
from reconciler.engine.progress import Progress
from reconciler.engine.recorder import Recorder
from reconciler.engine.stop import Stop
from reconciler.engine.surroundings import OnRequest, Surroundings
from reconciler.engine.survey import survey
from reconciler.engine.tally import NOT_SHARED, Sharing
from reconciler.engine.tenant import Tenant, Tenants
from reconciler.errors import PlanRefused
from reconciler.model.address import Address
from reconciler.model.case import Case, Live
from reconciler.model.change import Action, DriftReport
from reconciler.model.coverage import Keeper
from reconciler.model.move import Move, System
from reconciler.model.plan import Plan
from reconciler.model.record import Record, State
from reconciler.model.redaction import redactor
from reconciler.model.result import Result
from reconciler.model.values import Secret, leaves
from reconciler.planning import planner, policies, settled
from reconciler.planning.adopting import Import, adopted, chosen, refuse, unfit
from reconciler.planning.forecast import rated
from reconciler.planning.limits import NOTHING_MORE, Allowed, Limits
from reconciler.planning.moving import moved, pending
from reconciler.planning.scope import narrowed, select
from reconciler.planning.stale import refuse_stale
from reconciler.planning.waiving import told_apart
from reconciler.providers.base import Selection
from reconciler.report.hostile import ways
from reconciler.state import LocalStore, Store, notified, seen
from reconciler.state.edit import Editor

Transports = Callable[[Instance], httpx.BaseTransport | None]
"""What carries the requests of a provider instance; None is the network."""

LONG_WAIT = 5.0
"""Seconds from which on a wait is worth a line."""


def validate(
    root: Path, *, env: Mapping[str, str], given: Given = NOTHING_GIVEN, cache: Cache = NOT_KEPT
) -> Configuration:
    """Read and check the files of a workspace, without any network; raise ConfigError with every problem."""
    return load(root, env=env, given=given, offline=True, cache=cache)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with a reconciler.yaml, its state, and the systems that it names."""

    configuration: Configuration
    store: Store
    progress: Progress
    stop: Stop
    parallelism: int = 8
    lock_timeout: float = 30.0
    allowed: Allowed = NOTHING_MORE
    """What this run may do beyond the limits of the files."""
    settle: tuple[float, ...] = SETTLE
    transports: Transports = lambda _: None
    around: Surroundings | None = None
    """Time and chance of the requests; None is the real ones, interrupted by `stop`."""
    on_request: OnRequest | None = None
    """Told of every attempt."""
    sharing: Sharing = NOT_SHARED
    """Where the limits of requests are shared with other processes, unless `around` has a time of its own."""

    @classmethod
    def open(  # noqa: PLR0913 - all that varies from run to run is handed in
        cls,
        root: Path,
        *,
        env: Mapping[str, str],
        progress: Progress,
        stop: Stop,
        parallelism: int = 8,
        lock_timeout: float = 30.0,
        allowed: Allowed = NOTHING_MORE,
        given: Given = NOTHING_GIVEN,
        offline: bool = False,
        on_request: OnRequest | None = None,
        sharing: Sharing = NOT_SHARED,
        cache: Cache = NOT_KEPT,
    ) -> Workspace:
        """
        Read the files, with the variables that are given; raise ConfigError with every problem in them.

        `offline` is for what asks no system: an unset variable is no problem, of the environment or of ours.
        """
        configuration = load(root, env=env, given=given, offline=offline, cache=cache)
        settings = configuration.settings
        store = LocalStore(settings.state_path, settings.schemas, sleep=stop.sleep)
        made = cls(configuration, store, progress, stop, parallelism, lock_timeout, allowed)
        return replace(made, on_request=on_request, sharing=sharing)

    @property
    def limits(self) -> Limits:
        """What a plan may do."""
        return self.allowed.over(self.configuration.settings.limits)

    @property
    def systems(self) -> Mapping[str, System]:
        """What each provider instance is about."""
        instances = self.configuration.settings.instances
        return {name: System(each.type, each.settings.url) for name, each in instances.items()}

    @property
    def editor(self) -> Editor:
        """What changes the state by hand."""
        return Editor(self.store, self.systems, self.configuration.settings.schemas, self.lock_timeout)

    def state(self) -> State | None:
        """Return what is recorded; None before the first apply."""
        return self.store.read()

    def plan(self, *, targets: Sequence[str] = (), excludes: Sequence[str] = (), refresh: bool = True) -> Plan:
        """Compare desired, recorded and live; sends nothing but GETs and writes nothing."""
        with self.tenants() as tenants:
            state = self._recovered(self._read_state(), tenants, settle=(0.0,))
            return self._plan(state, tenants, targets, excludes, read_live=refresh)

    def drift(self, *, targets: Sequence[str] = (), within: timedelta | None = None) -> DriftReport:
        """Compare recorded and live; `within` that time of a complete read, only what has changed is read."""
        with self.tenants() as tenants:
            state = self._recovered(self._read_state(), tenants, settle=(0.0,))
            state = moved(state, self._moves(state))
            chosen = select({}, state.records, targets)
            records = {address: record for address, record in state.records.items() if address in chosen}
            mine = chosen & frozenset(records)
            self._refuse_orphans(records)
            kept = Kept(seen.beside(self.configuration.settings.state_path), self.progress.say)
            began = self._surroundings.now()
            look = Look(records, self.configuration.cases, self.systems, tenants, kept.read(), began)
            unread = look.unread(within, self.progress.say)
            world = self._world(state, tenants, mine, settled.nothing_drifted, read_live=True, unread=unread)
            drifts = planner.drift(world)
            if not targets:
                kept.write(look.remembered(unread, {drift.address for drift in drifts}))
            found = tuple(located(each, self.configuration) for each in traced(drifts, tenants, self.progress))
            reading = look.reading(unread) if unread or not targets else None
            clean = len(records) - len(found)
            report = DriftReport(world.workspace, found, clean, tuple(sorted(records)), reading=reading)
            known = {*self.configuration.cases, *state.records}
            return told_apart(report, self.configuration.waivers, today=now()[:10], known=known)

    def browse(self, name: str, selection: Selection) -> Generator[tuple[Live, Keeper]]:
        """Yield the live cases of an instance that fit, as they arrive, and who manages them; sends only GETs."""
        instance = self.configuration.settings.instance(name)
        with self._channel(instance) as channel:
            tenant, state = Tenant(instance.provider, channel), self.state() or State("")
            yield from survey(tenant, name, state, selection, self.progress.expect)

    def notify(self, report: DriftReport, *, partial: bool = False) -> Iterator[str]:
        """Tell of drift that is new to those who want to know, and yield what went wrong; see `Notifier`."""
        settings = self.configuration.settings
        return Notifier(
            settings.receivers,
            notified.beside(settings.state_path),
            redactor(self.configuration.secrets, ways),
            self._surroundings,
            on_request=self.on_request,
        ).tell(report, partial=partial)

    def apply(
        self,
        *,
        targets: Sequence[str] = (),
        excludes: Sequence[str] = (),
        confirm: Callable[[Plan], bool],
    ) -> Result | None:
        """Plan and apply under the lock; None if `confirm`, which is shown a plan that is not empty, says no."""
        refuse_overrides(self.configuration.rules, self.allowed.policies)
        with self._locked() as tenants:
            state = self._saved(self._read_state(), tenants)
            plan = self._plan(state, tenants, targets, excludes, read_live=True)
            if not confirm(plan):
                return None
            return self._apply(plan, state, tenants)

    def apply_saved(self, plan: Plan) -> Result:
        """Apply a plan that was made earlier; raise StalePlan if the state has moved on for one of its cases."""
        plan = self.judged(plan)
        with self._locked() as tenants:
            state = self._saved(self._read_state(lineage=plan.lineage), tenants)
            refuse_stale(plan, state, self.configuration.settings.workspace, self.systems)
            return self._apply(plan, state, tenants)

    def judged(self, plan: Plan) -> Plan:
        """Return a plan with what the rules of the workspace have against it now; raise PlanRefused."""
        rules, overridden = self.configuration.rules, self.allowed.policies
        refuse_overrides(rules, overridden)
        return judged(plan, rules, now=now(), overridden=overridden)

    def enforce(self, plan: Plan) -> None:
        """Raise LimitExceeded or PolicyRefused if a plan that was judged must not be applied."""
        self.limits.enforce(plan)
        policies.enforce(plan)

    def adopt(self, imports: Sequence[Import], *, take_over: bool = False) -> tuple[State, tuple[Record, ...]]:
        """
        Record live cases as ours, all or none, and send nothing that writes; return the state and what is new.

        Raises ConfigError or PlanRefused with all that is in the way.
        """
        with self._locked("import") as tenants:
            state = self._saved(self._read_state(), tenants)
            known = moved(state, self._moves(state))
            cases = chosen(imports, self.configuration.cases, known, take_over=take_over)
            about = frozenset(cases)
            world = self._world(state, tenants, about, settled.nothing_to_do, read_live=True, instead=cases)
            refuse(unfit(imports, world.lives, world.foreign))
            changes = drafted(world, tenants, self.configuration.settings.instances)[0].changes
            records = tuple(adopted(each.record, each.fields, instant()) for each in changes if each.record)
            following = state.with_records(records)
            self.store.save(following)
            return following, records

    @contextmanager
    def tenants(self) -> Iterator[Tenants]:
        """Open a channel to every system; close them at the end."""
        with ExitStack() as stack:
            yield {
                name: Tenant(instance.provider, stack.enter_context(self._channel(instance)))
                for name, instance in self.configuration.settings.instances.items()
            }

    # -- the steps ---------------------------------------------------------------------------------------------

    def _plan(
        self, state: State, tenants: Tenants, targets: Sequence[str], excludes: Sequence[str], *, read_live: bool
    ) -> Plan:
        cases = self.configuration.cases
        if state.records and not cases and not targets and not self.allowed.empty:
            raise PlanRefused(
                f"no case is declared, but {len(state.records)} are recorded: all of them would be given up",
                hint="look for the case files, *.yaml under cases/; if all are meant, allow it with --allow-empty",
            )
        moves = self._moves(state)
        about = select(cases, moved(state, moves).records, targets, excludes)
        moves = tuple(move for move in moves if move.to in about)
        state = moved(state, moves)
        world = self._world(state, tenants, about, settled.nothing_to_do, read_live=read_live, moves=moves)
        draft, meanings = drafted(world, tenants, self.configuration.settings.instances)
        operations = {name: tenant.provider.operations for name, tenant in tenants.items()}
        plan = planner.finish(draft, world, operations, meanings, now=now())
        plan = rated(plan, self.configuration.settings.rates)
        warnings = (*plan.warnings, *self.configuration.warnings, *_partial(targets, excludes))
        return self.judged(replace(plan, warnings=(*warnings, *self.limits.exceeded(plan))))

    def _moves(self, state: State) -> tuple[Move, ...]:
        """Return which records are to go under another address; raise ConfigError for those that cannot."""
        return pending(self.configuration.moves, state, self.systems)

    def _world(
        self,
        state: State,
        tenants: Tenants,
        about: frozenset[Address],
        settling: settled.Settling,
        *,
        read_live: bool,
        moves: tuple[Move, ...] = (),
        instead: Mapping[Address, Case] | None = None,
        unread: frozenset[Address] = frozenset(),
    ) -> planner.World:
        """
        Read what the run is about; cases that are settled are counted and left out, unless they move.

        `instead` are the cases in `about` if they are not as the files have them; what is `unread` is settled.
        """
        settings = self.configuration.settings
        declared = self.configuration.cases if instead is None else instead
        cases, records = narrowed(declared, about), narrowed(state.records, about)
        self._refuse_orphans(records)
        cases = finding.resolved(cases, records.keys(), tenants, self.progress)
        known = {} if read_live else refresh.as_recorded(records, settings.schemas)
        wanted = refresh.interest(cases, records, settings.schemas).without(known.keys() | unread)
        moving = {move.to for move in moves}
        staying = narrowed(records, records.keys() - moving) if moving else records
        is_settled = settling(cases, staying, settings.schemas, state.lineage)
        live = refresh.read_all(wanted, tenants, self.progress, is_settled)
        lives = {**known, **live.lives}
        closing = {name: instance.provider.closing for name, instance in settings.instances.items()}
        world = planner.World(
            settings.workspace,
            state,
            cases,
            records,
            lives,
            settings.schemas,
            closing,
            moves=moves,
            removed=self.configuration.removed,
            foreign=foreign(cases, state, lives, tenants),
        )
        return world.apart_from(live.settled | unread)

    def _apply(self, plan: Plan, state: State, tenants: Tenants) -> Result:
        self.enforce(plan)
        if plan.is_empty and not plan.refresh:
            return Result((), unchanged=plan.unchanged)
        state = self._moved(state, plan)
        known = {record.address.name: {"id": record.id, "url": record.url} for record in state.records.values()}
        for change in plan.changes:
            if change.action is Action.CREATE:
                known.pop(change.address.name, None)
        journal = self.store.begin(state)
        recorder = Recorder(journal, instant)
        means = Means(
            tenants,
            recorder,
            state.records,
            Known(known),
            self._secrets(state.lineage),
            self.stop,
            self.progress,
            self.parallelism,
            self.settle,
        )
        try:
            result = apply(plan, means)
        finally:
            journal.close()
        following = recorder.next_state(state)
        if following is not None and not any(map(recover.is_open_question, journal.open_intents())):
            self.store.save(following)  # otherwise the journal is kept: it says what to look for
        return replace(result, overridden=tuple(each for each in plan.policies if each.overridden))

    def _moved(self, state: State, plan: Plan) -> State:
        """
        Return the state with the addresses of the plan.

        It is saved first if anything is sent: upon a state that has a case under its old address, what a journal
        says of it under the new one would make two of it.
        """
        following = moved(state, plan.moves)
        if not plan.moves or not any(change.operations for change in plan.changes):
            return following
        following = replace(following, serial=state.serial + 1)
        self.store.save(following)
        return following

    def _read_state(self, *, lineage: str | None = None) -> State:
        return self.store.read(beside=self.configuration.cases) or State(
            lineage or self.configuration.settings.first_lineage
        )

    def _recovered(self, state: State, tenants: Tenants, *, settle: tuple[float, ...]) -> State:
        """Return the state with what an earlier run created without living to note it."""
        intents = self.store.open_intents()
        found = list(recover.recovered(intents, state, tenants, self.progress, self.stop, settle))
        return replace(state.with_records(found), serial=state.serial) if found else state

    def _saved(self, state: State, tenants: Tenants) -> State:
        """
        Return the state with every open question of an earlier run settled and saved.

        Saved also where there is nothing to look for: planning finds out what became of the other requests, and if
        it finds nothing to do, nobody else would close them.
        """
        if not self.store.open_intents():
            return state
        state = self._recovered(state, tenants, settle=self.settle)
        state = replace(state, serial=state.serial + 1)
        self.store.save(state)
        return state

    def _refuse_orphans(self, records: Mapping[Address, Record]) -> None:
        instances = self.configuration.settings.instances
        for address in sorted(records):
            if address.provider not in instances:
                raise PlanRefused(
                    f"{address} is recorded, but there is no provider {address.provider!r} in reconciler.yaml",
                    hint="keep the provider until its cases have been released",
                )

    def _secrets(self, lineage: str) -> dict[str, str]:
        """Return what the digests in a plan stand for."""
        found = (leaf for case in self.configuration.cases.values() for leaf in leaves(dict(case.attributes)))
        return {leaf.digest(lineage).text: leaf.value for leaf in found if isinstance(leaf, Secret)}

    @contextmanager
    def _locked(self, operation: str = "apply") -> Iterator[Tenants]:
        with self.store.lock(operation=operation, timeout=self.lock_timeout), self.tenants() as tenants:
            yield tenants

    def _wait(self, seconds: float) -> None:
        """Wait before a request; a long wait is announced, since nothing else shows that the run is alive."""
        if seconds >= LONG_WAIT:
            self.progress.say(f"waiting {seconds:.0f} s, as the system or its limit asks")
        self.stop.sleep(seconds)

    @property
    def _surroundings(self) -> Surroundings:
        return self.around or Surroundings(sleep=self._wait, stop=self.stop.is_final)

    def _channel(self, instance: Instance) -> HttpApi:
        return HttpApi(
            Endpoint.of(instance),
            around=self._surroundings,
            redact=redactor(self.configuration.secrets),
            transport=self.transports(instance),
            on_request=self.on_request,
            sharing=NOT_SHARED if self.around else self.sharing,
        )


def _partial(targets: Sequence[str], excludes: Sequence[str]) -> tuple[str, ...]:
    if not targets and not excludes:
        return ()
    return ("this plan is about a part of the workspace only (--target, --exclude)",)
