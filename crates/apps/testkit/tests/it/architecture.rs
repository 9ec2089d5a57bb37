//! Imports point downwards: read from the manifests, so that a shortcut fails before anybody relies on it.

use serde_json::Value;
use std::process::Command;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Floor {
    Core,
    Platform,
    Feature,
    App,
}

#[derive(Debug)]
struct Package {
    name: String,
    floor: Floor,
    /// Names of what it depends on in what it ships or builds with.
    dependencies: Vec<String>,
    /// Names of what only its tests depend on.
    test_dependencies: Vec<String>,
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages: Vec<Package> = metadata["packages"].as_array().unwrap().iter().map(package).collect();
    assert!(packages.len() >= 12, "{packages:?}");
    packages
}

fn package(value: &Value) -> Package {
    let manifest = value["manifest_path"].as_str().unwrap();
    let floor = [
        ("/crates/core/", Floor::Core),
        ("/crates/platform/", Floor::Platform),
        ("/crates/features/", Floor::Feature),
        ("/crates/apps/", Floor::App),
        ("/benches/", Floor::App),
    ];
    let (_, floor) = floor.into_iter().find(|(folder, _)| manifest.contains(folder)).unwrap_or_else(|| {
        panic!("{manifest} stands on no floor");
    });
    let names = |of_tests: bool| {
        let dependencies = value["dependencies"].as_array().unwrap().iter();
        let wanted = dependencies.filter(|dependency| (dependency["kind"] == "dev") == of_tests);
        wanted.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
    };
    Package {
        name: value["name"].as_str().unwrap().to_owned(),
        floor,
        dependencies: names(false),
        test_dependencies: names(true),
    }
}

fn floor_of(packages: &[Package], name: &str) -> Option<Floor> {
    packages.iter().find(|package| package.name == name).map(|package| package.floor)
}

#[test]
fn imports_point_downwards() {
    let packages = packages();
    for package in &packages {
        for dependency in &package.dependencies {
            let Some(floor) = floor_of(&packages, dependency) else { continue };
            assert!(
                floor <= package.floor,
                "{} must not depend on {dependency}, which is above it",
                package.name
            );
            let is_neighbour = floor == package.floor && floor == Floor::Feature;
            assert!(
                !is_neighbour,
                "the feature {} must not depend on the feature {dependency}",
                package.name
            );
        }
    }
}

#[test]
fn heavy_libraries_have_one_owner() {
    let packages = packages();
    // Each program reads its own command line, and nothing below them does.
    assert_eq!(users_of(&packages, "clap"), ["dashly-gateway", "dashly-cli"]);
    for (library, owner) in [
        ("sqlx", "dashly-db"),
        ("redis", "dashly-cache"),
        ("argon2", "dashly-identity"),
        ("jsonwebtoken", "dashly-identity"),
        ("metrics-exporter-prometheus", "dashly-telemetry"),
        ("tracing-subscriber", "dashly-telemetry"),
        ("jsonschema", "dashly-gateway"),
        ("hyper-rustls", "dashly-gateway"),
        ("opentelemetry-otlp", "dashly-gateway"),
    ] {
        assert_eq!(users_of(&packages, library), [owner], "{library}");
    }
}

/// The packages that depend on `library`.
fn users_of<'a>(packages: &'a [Package], library: &str) -> Vec<&'a str> {
    packages
        .iter()
        .filter(|package| package.dependencies.iter().any(|name| name == library))
        .map(|package| package.name.as_str())
        // Tests make cheap password hashes with it.
        .filter(|user| *user != "dashly-testkit")
        .collect()
}

#[test]
fn the_core_waits_for_nothing() {
    for package in packages().iter().filter(|package| package.floor == Floor::Core) {
        for library in ["tokio", "axum", "http", "reqwest", "sqlx", "redis", "getrandom", "rand", "tracing"] {
            assert!(
                !package.dependencies.iter().any(|name| name == library),
                "{} is pure and must not depend on {library}",
                package.name
            );
        }
    }
}

#[test]
fn what_tests_share_is_not_shipped() {
    let packages = packages();
    for package in &packages {
        assert!(
            !package.dependencies.iter().any(|name| name == "dashly-testkit"),
            "{} ships dashly-testkit: make it a dev-dependency",
            package.name
        );
    }
    let users = packages
        .iter()
        .filter(|package| package.test_dependencies.iter().any(|name| name == "dashly-testkit"));
    assert!(users.count() > 0);
}

#[test]
fn what_measures_shares_no_code_with_what_it_measures() {
    let packages = packages();
    let loadgen = packages.iter().find(|package| package.name == "dashly-loadgen").unwrap();
    let own: Vec<&String> =
        loadgen.dependencies.iter().filter(|name| floor_of(&packages, name).is_some()).collect();
    assert_eq!(own, ["dashly-stats"]);
}
