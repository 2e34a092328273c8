//! What `wit-bindgen` makes of the contract, unpolished. Plugins use the modules beside this one; the raw bindings are public for
//! what those do not cover.
//!
//! Imports and roles are bound apart, because a component must define every export of a world it names: a mapper that named a
//! world with collectors in it could not be linked. Imports that a plugin never calls are left out of its component.
#![expect(missing_docs, reason = "generated from wit/, where every function and field is documented")]

/// Everything a plugin may call.
pub mod imports {
    wit_bindgen::generate!({
        path: [
            "../../wit/run",
            "../../wit/moodle",
            "../../wit/db",
            "../../wit/http",
            "../../wit/files",
            "../../wit/sheets",
            "../../wit/chat",
            "../../wit/ledger",
            "../../wit/catalog",
            "../../wit/artifacts",
            "../../wit/classrooms",
        ],
        inline: "
            package beadle:sdk;
            world imports {
                import beadle:run/run@0.1.0;
                import beadle:moodle/moodle@0.1.0;
                import beadle:db/db@0.1.0;
                import beadle:http/http@0.1.0;
                import beadle:files/files@0.1.0;
                import beadle:sheets/sheets@0.1.0;
                import beadle:chat/chat@0.1.0;
                import beadle:ledger/ledger@0.1.0;
                import beadle:catalog/catalog@0.1.0;
                import beadle:artifacts/artifacts@0.1.0;
                import beadle:classrooms/classrooms@0.1.0;
            }
        ",
        world: "beadle:sdk/imports",
        generate_all,
        additional_derives: [PartialEq],
    });
}

/// The export of every plugin.
pub mod plugin {
    wit_bindgen::generate!({
        path: "../../wit/plugin",
        world: "provides-plugin",
        pub_export_macro: true,
        default_bindings_module: "beadle_sdk::bindings::plugin",
        additional_derives: [PartialEq],
    });
}

/// The role of a collector.
pub mod collector {
    wit_bindgen::generate!({
        path: "../../wit/collector",
        world: "provides-collector",
        pub_export_macro: true,
        default_bindings_module: "beadle_sdk::bindings::collector",
        additional_derives: [PartialEq],
    });
}

/// The role of a mapper.
pub mod mapper {
    wit_bindgen::generate!({
        path: "../../wit/classrooms",
        world: "provides-classrooms",
        pub_export_macro: true,
        default_bindings_module: "beadle_sdk::bindings::mapper",
        additional_derives: [PartialEq],
    });
}
