//! What the guest can be asked to do. Each list hands its names to a macro: the guest makes a call of each, the tests a test of each.

/// What a run can do: `behaviour` in its settings.
#[macro_export]
macro_rules! foreach_behaviour {
    ($then:ident) => {
        $then! {
            returns_a_summary
            says_that_it_began
            refuses
            stages_observations_and_rows
            panics
            computes
            loops_for_ever
            grows_for_ever
            overflows_its_stack
            calls_too_often
            stages_too_much
            is_answered_too_much
            logs_too_much
            writes_another_plugins_collection
            says_a_key_twice
            calls_moodle
            reads_files
            asks_for_pseudonyms
            asks_for_many_pseudonyms
            asks_for_classrooms
            checkpoints
            shows_a_table
            sleeps
            reaches_outside
            tells_its_terms
            works
            empties_its_scope
            stages_a_million_rows
            says_too_much
            hands_over_too_much
            names_scopes_without_end
            calls_the_standard_interfaces
            keeps_too_much_open
            forges_keys
            queries
            asks_http
            keeps_a_stream_open
            talks
            asks_for_earlier_runs
            sights
            keeps_contents
        }
    };
}

/// How a description can go: the text of `describe.txt` in the plugin's folder.
#[macro_export]
macro_rules! foreach_description {
    ($then:ident) => {
        $then! {
            refuses_its_files
            panics
            loops_for_ever
            tells_a_megabyte
            tells_ten_megabytes
            has_a_long_version
            has_a_schema_that_is_no_json
            has_a_schema_that_is_no_schema
            has_a_bad_name
            has_a_bad_collection
            has_too_many_asks
            tries_everything
            differs_each_time
            sleeps
            grows_for_ever
            overflows_its_stack
            has_a_schema_that_turns_in_circles
            has_a_schema_that_doubles
            has_a_pattern_that_explodes
            claims_another_plugins_collection
            writes_to_the_terminal
            asks_for_nothing
        }
    };
}

/// How a mapper can answer: `mapping` in its settings.
#[macro_export]
macro_rules! foreach_mapping {
    ($then:ident) => {
        $then! {
            knows_rooms
            gives_one_answer
            panics
            loops_for_ever
            asks_another
            counts_its_calls
            gives_a_long_name
        }
    };
}
