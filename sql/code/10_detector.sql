-- The detector's own source, and how a session loads it: once, under a name that carries the
-- hash of the source, so that an update of the extension takes effect in sessions that live on.

create or replace function coord._detector_sources(out path text, out source text)
returns setof record
language sql immutable
set search_path = pg_catalog, pg_temp
as $function$
select * from (values
{{detector_sources}}
) as file (path, source)
$function$;
comment on function coord._detector_sources() is
    'The Python files of the detector, as they are in the source tree (internal)';

create or replace function coord._load_detector() returns void
language plpython3u volatile
security definer
set search_path = pg_catalog, pg_temp
as $function$
# As the owner: where the parser lies is nothing that a caller may influence.
if '{{detector_key}}' in GD:
    return
import importlib
import importlib.machinery
import importlib.util
import marshal
import sys

package = '{{detector_package}}'
python = f'{sys.implementation.cache_tag} {importlib.util.MAGIC_NUMBER.hex()}'
compiled = plpy.prepare(
    'select path, code from coord.detector_code where fingerprint = $1 and python = $2',
    ['text', 'text'],
)
codes = {row['path']: row['code'] for row in plpy.execute(compiled, [package, python])}
paths = {row['path'] for row in plpy.execute('select path from coord._detector_sources()')}


def source_of(path):
    plan = plpy.prepare('select source from coord._detector_sources() where path = $1', ['text'])
    return plpy.execute(plan, [path])[0]['source']


class Importer:
    """Imports the package from the database; traceback finds the lines by get_source."""

    @staticmethod
    def file_of(name):
        stem = name[len(package) + 1:].replace('.', '/')
        for path in (f'{stem}/__init__.py' if stem else '__init__.py', f'{stem}.py'):
            if path in paths:
                return path
        return None

    def find_spec(self, name, path=None, target=None):
        if name != package and not name.startswith(package + '.'):
            return None
        file = self.file_of(name)
        if file is None:
            return None
        return importlib.machinery.ModuleSpec(
            name, self, origin=f'confiture_coord/{file}', is_package=file.endswith('__init__.py')
        )

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        spec = module.__spec__
        module.__file__ = spec.origin
        path = self.file_of(spec.name)
        if path in codes:
            code = marshal.loads(codes.pop(path))
        else:
            code = compile(source_of(path), spec.origin, 'exec', dont_inherit=True)
        exec(code, module.__dict__)

    def get_source(self, name):
        try:
            return source_of(self.file_of(name))
        except plpy.SPIError:
            return None  # the transaction has failed already: a traceback without its lines


sys.meta_path.insert(0, Importer())
folder = plpy.execute("select setting from pg_catalog.pg_config where name = 'PKGLIBDIR'")
version = f'python{sys.version_info.major}.{sys.version_info.minor}'
loader = importlib.import_module(package + '.loader')
loader.prepare(f"{folder[0]['setting']}/confiture_coord/{version}", in_backend=True)
backend = importlib.import_module(package + '.backend')
backend.start(plpy)
GD['{{detector_key}}'] = backend
$function$;
comment on function coord._load_detector() is
    'Loads the detector into this session (internal; harmless to call)';

create or replace function coord.compile_detector() returns integer
language plpython3u volatile
set search_path = pg_catalog, pg_temp
as $function$
import importlib.util
import marshal
import sys

package = '{{detector_package}}'
python = f'{sys.implementation.cache_tag} {importlib.util.MAGIC_NUMBER.hex()}'
insert = plpy.prepare(
    'insert into coord.detector_code (fingerprint, python, path, code) values ($1, $2, $3, $4)',
    ['text', 'text', 'text', 'bytea'],
)
plpy.execute('delete from coord.detector_code')
rows = plpy.execute('select path, source from coord._detector_sources()')
for row in rows:
    origin = f"confiture_coord/{row['path']}"
    code = compile(row['source'], origin, 'exec', dont_inherit=True)
    plpy.execute(insert, [package, python, row['path'], marshal.dumps(code)])
return len(rows)
$function$;
comment on function coord.compile_detector() is
    'Compiles the detector for the server''s Python, so that sessions begin quickly; an '
    'installation does it, the owner may do it again after Python was upgraded';
