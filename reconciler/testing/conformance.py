"""
The proof that a provider keeps the promises of this project: one class to subclass.

Welcome. You have written a provider (a schema, reading, requests) and an emulator for its system. Now say how the
system behaves, as data, and this suite tries your provider the way its users and its worst days will:

    from reconciler.testing import Edit, OutsideEdit, ProviderConformance, Sample

    class TestAcme(ProviderConformance):
        provider = Acme
        emulator = AcmeEmulator
        switches = {"default": Switches(), "old paging": Switches(paging="old")}
        settings = {"type": "acme", "url": "https://acme.example", "token": "${env.ACME_TOKEN}"}
        env = {"ACME_TOKEN": "acme-demo-token"}
        samples = (
            Sample(
                name="full",
                declared={"title": "Phishing", "tags": ["a", "b"], "status": "open"},
                edits=(
                    Edit(
                        name="a tag comes",
                        to={"tags": ["a", "b", "c"]},
                        writes=(("PUT", "/api/cases/{id}", {"tags": ["a", "b", "c"]}),),
                        rival=lambda tenant, id: tenant.edit(id, tags=["z"]),
                    ),
                ),
                outside=(…),
            ),
        )

Four things beside:

* The provider must be installed under the entry point group `reconciler.providers`, as for any user.
* The emulator is a `reconciler.providers.emulation.Emulator` that also has the methods of
  `reconciler.testing.samples.Emulated`. Make it as strict as your system: it is your only witness. Whatever the
  vendor leaves open becomes a switch of the emulator, and every setting an entry of `switches`, the default first:
  all tests run under all of them, a few at the same time (see `reconciler.testing.mixing`).
* In your conftest.py say `pytest.register_assert_rewrite("reconciler.testing")` before the first import, so that a
  failure shows what differed. There you may also add the option `--each-setting`, to see which of them it was.
* Begin with one sample and two edits. What a sample leaves out is skipped, and pytest says so.

When a test fails, believe it first. Its name is the promise; its body is short enough to be read as the story.
"""

from __future__ import annotations

from reconciler.testing.narrative import Narrative
from reconciler.testing.trouble import Trouble


class ProviderConformance(Narrative, Trouble):
    """The promises, one test each; the module's text says what a subclass provides."""
