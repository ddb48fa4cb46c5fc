"""
YAML → desired: the files of a workspace become its `Configuration`.

documents    YAML text → documents whose values know their places; limits
characters   what is no text
syntax       what libyaml complains about, in words
problems     what is wrong, while it is collected
nodes        those values
files        reading inside the workspace only
expressions  ${env.…}, ${cases.…}, ${file("…")}
cel          CEL, the language of all others
texts        its functions of texts
variables    what ${var.…} stands for
binding      CEL put into what is written
merging      one block laid over another
templates    what cases build upon
expansion    written blocks → the blocks of cases
uses         who uses the template that is wrong
settings     reconciler.yaml
receivers    of it: who is told of drift
waivers      waivers.yaml
attributes   the attributes of one case, by its provider's schema
structures   those of them that have parts: items, objects
reading      an attribute on its way
policies     rule files: what a plan must not be
rulefiles    which files those are
cel          the language of their conditions
spots        where in a file a character of such a text stands
declared     one case, meta-arguments and all
shared       equal values as one object
whereabouts  where its parts stand, without its file's tree in memory
casefiles    all case files, one after another
cache        what was understood of them, kept from run to run
rows         of it: the cases of one file as JSON, and back
namespace    of it: what else a file's meaning depends on
moves        of them: `moved:` and `removed:`
imports      a file of cases to import
links        which case comes before which
resolve      all files together
shapes       where an error of the schema stands
sentences    what is wrong, in words
jsonschema   the formats, for editors

and back: files are written anew by `fmt`, and by `drift --accept`.

marked       YAML text → what is written, and where
scalars      how a text is written
layout       the one form of a file
edits        a value put into a text
accept       what is live, put into the files
expected     what they mean then
finding      what says which live case is meant
export       live cases as blocks of files
casenames    what those are called
exportfiles  where they are written
"""

from reconciler.config.receivers import Receiver
from reconciler.config.resolve import Configuration, load
from reconciler.config.settings import Instance, Settings
from reconciler.config.variables import Given

__all__ = ["Configuration", "Given", "Instance", "Receiver", "Settings", "load"]
