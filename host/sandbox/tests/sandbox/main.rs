//! Plugins that misbehave, in the sandbox as it is. Each behaviour that the guest knows has a test of its name here, or nothing compiles.

mod collecting;
mod describing;
mod excess;
mod keeping;
mod loading;
mod mapping;
mod peers;
mod querying;
mod reaching;
mod talking;
mod world;

use beadle_test_guests::{foreach_behaviour, foreach_description, foreach_mapping};

macro_rules! collecting {
    ($($name:ident)+) => {
        mod a_run_that {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    crate::collecting::$name().await;
                }
            )+
        }
    };
}

macro_rules! describing {
    ($($name:ident)+) => {
        mod a_description_that {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    crate::describing::$name().await;
                }
            )+
        }
    };
}

macro_rules! mapping {
    ($($name:ident)+) => {
        mod a_mapper_that {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    crate::mapping::$name().await;
                }
            )+
        }
    };
}

foreach_behaviour!(collecting);
foreach_description!(describing);
foreach_mapping!(mapping);
