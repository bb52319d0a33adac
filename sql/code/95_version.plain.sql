-- The last thing that an installation without CREATE EXTENSION does: remember its version.

update coord.plain_install set version = '{{version}}';
