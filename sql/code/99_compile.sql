-- Last: sessions begin quickly from now on.
do $do$ begin perform coord.compile_detector(); end $do$;
