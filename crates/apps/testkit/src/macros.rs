//! One behaviour, two databases.

/// Runs each behaviour once on SQLite and once on PostgreSQL: `name::sqlite` and `name::postgres`.
///
/// ```text
/// both_databases! {
///     async fn a_returning_visitor_keeps_the_variant(app: TestApp) {
///         let visitor = app.visitor();
///         let first = visitor.get("/api/experiments/dashboard").await.variant("kpi_scorecard_layout");
///         let second = visitor.get("/api/experiments/dashboard").await.variant("kpi_scorecard_layout");
///         assert_eq!(first, second);
///     }
///
///     async fn cookies_are_secure_behind_tls(app: TestApp = Setup::new().setting("PUBLIC_URL", "https://a.example")) {}
/// }
/// ```
///
/// In the body `app` is a `&TestApp`. The calling crate needs tokio among its development dependencies.
#[macro_export]
macro_rules! both_databases {
    (@setup) => { $crate::Setup::new() };
    (@setup $setup:expr) => { $setup };
    ($($(#[$attribute:meta])* async fn $name:ident($app:ident: $type:ty $(= $setup:expr)?) $body:block)*) => {
        $($(#[$attribute])* mod $name {
            use super::*;

            async fn behaviour($app: &$type) $body

            async fn on(engine: $crate::Engine) {
                let app = $crate::TestApp::start(engine, $crate::both_databases!(@setup $($setup)?)).await;
                Box::pin(behaviour(&app)).await;
                app.end().await;
            }

            #[tokio::test]
            async fn sqlite() {
                Box::pin(on($crate::Engine::Sqlite)).await;
            }

            #[tokio::test]
            async fn postgres() {
                Box::pin(on($crate::Engine::Postgres)).await;
            }
        })*
    };
}
