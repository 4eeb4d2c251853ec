//! `build_info!`: from arguments in any order to a block of `metrics!`.
//!
//! Not here: its labels (`build_info.rs`). Invariant: nothing happens when the program runs; an info that can
//! have one label set only is on the page from the start.

/// Declares `build_info`: which build of the program runs, as labels of a metric that is always 1.
///
/// ```standalone_crate
/// caas_metrics::build_info!();
///
/// let families = caas_metrics::registry().gather();
/// let build = families.iter().find(|family| family.name == "build_info").unwrap();
/// let labels: Vec<&str> = build.children[0].labels.iter().map(|(name, _)| &**name).collect();
/// assert_eq!(labels, ["version", "revision", "rustc"]);
/// ```
///
/// One line in any module of the program puts it on every page, from the start. The labels are
///
/// - `version`: `CARGO_PKG_VERSION` of the package that this is written in
/// - `revision`: the first of the environment variables `GIT_REVISION`, `GITHUB_SHA` and `CI_COMMIT_SHA`
///   that is set when the package is compiled; pipelines of GitHub and GitLab set the last two
/// - `rustc`: the version of the compiler
///
/// `version` and `revision` can be set, and there can be more labels. A value is a constant: a text such
/// as `env!("…")`, or an option of one such as `option_env!("…")`. Where there is none, or an empty one,
/// the label is `unknown`. `namespace` is that of [`metrics!`](crate::metrics).
///
/// ```
/// caas_metrics::build_info!(
///     namespace = "caas",
///     revision = option_env!("SOURCE_VERSION"),
///     package = env!("CARGO_PKG_NAME"),
///     profile = if cfg!(debug_assertions) { "debug" } else { "release" },
/// );
/// // caas_build_info{version="1.4.0",revision="0f3c2a9",rustc="1.95.0",package="chat",profile="debug"} 1
/// ```
///
/// A query joins it to others by `* on (instance) group_left (version) build_info`.
///
/// Write it once in a program. Two that differ are a problem to [`check`](crate::Registry::check), and the first
/// one stays.
#[macro_export]
macro_rules! build_info {
    ($($arguments:tt)*) => {
        $crate::__build_info! {
            []
            [default $crate::__private::env!("CARGO_PKG_VERSION")]
            [default $crate::__private::revision(&[
                $crate::__private::option_env!("GIT_REVISION"),
                $crate::__private::option_env!("GITHUB_SHA"),
                $crate::__private::option_env!("CI_COMMIT_SHA"),
            ])]
            // The place of the next label of the user's, and these labels.
            [3] []
            $($arguments)*
        }
    };
}

/// Takes one argument after the other, and then declares the family.
///
/// Not public API. Used by `build_info!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __build_info {
    (
        [$($settings:tt)*] $version:tt $revision:tt $place:tt $labels:tt
        namespace = $namespace:tt $(, $($rest:tt)*)?
    ) => {
        $crate::__build_info! {
            [$($settings)* namespace = $namespace;] $version $revision $place $labels $($($rest)*)?
        }
    };
    (
        $settings:tt [default $default:expr] $revision:tt $place:tt $labels:tt
        version = $version:expr $(, $($rest:tt)*)?
    ) => {
        $crate::__build_info! {
            $settings [given $version] $revision $place $labels $($($rest)*)?
        }
    };
    (
        $settings:tt $version:tt [default $default:expr] $place:tt $labels:tt
        revision = $revision:expr $(, $($rest:tt)*)?
    ) => {
        $crate::__build_info! {
            $settings $version [given $revision] $place $labels $($($rest)*)?
        }
    };
    (
        $settings:tt $version:tt $revision:tt [$($place:tt)*] [$($labels:tt)*]
        $label:ident = $value:expr $(, $($rest:tt)*)?
    ) => {
        $crate::__build_info! {
            $settings $version $revision [$($place)* + 1] [$($labels)* ($label, $($place)*, $value)]
            $($($rest)*)?
        }
    };
    (
        [$($settings:tt)*] [$_v:ident $version:expr] [$_r:ident $revision:expr] $_place:tt
        [$(($label:ident, $place:expr, $value:expr))*]
    ) => {
        const _: () = {
            struct __CaasBuild;
            impl $crate::__private::BuildTexts for __CaasBuild {
                const TEXTS: &'static [&'static $crate::__private::str] = &[
                    $crate::__private::BuildText($version).text(),
                    $crate::__private::BuildText($revision).text(),
                    $crate::__private::RUSTC,
                    $($crate::__private::BuildText($value).text()),*
                ];
            }
            $crate::metrics! {
                $($settings)*

                /// The build of this program, as labels; the value is always 1.
                #[allow(dead_code)]
                info BuildInfo {
                    version: $crate::__private::BuildLabel<__CaasBuild, 0>,
                    revision: $crate::__private::BuildLabel<__CaasBuild, 1>,
                    rustc: $crate::__private::BuildLabel<__CaasBuild, 2>,
                    $($label: $crate::__private::BuildLabel<__CaasBuild, { $place }>),*
                }
            }
        };
    };
    ($($other:tt)*) => {
        $crate::__private::compile_error! {
            "expected `name = value`: write \
             `build_info!(namespace = \"caas\", revision = env!(\"GIT_REVISION\"), label = \"text\")`"
        }
    };
}
