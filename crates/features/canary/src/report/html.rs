//! One page that needs nothing else: no script, no font, no picture from outside.

use super::plot::{Line, Plot};
use super::series::{error_rates, quantiles};
use super::text::{figure, short, state};
use crate::{ArmLook, Decision, History, LookRecord, Verdict};
use std::fmt::Write;

const STYLE: &str = "\
:root{color-scheme:light dark;--page:#fff;--text:#1c2430;--quiet:#5a6675;--rule:#d9dfe6;--stable:#3566b8;--canary:#b3540a;--good:#1b7a43;--bad:#b42318}
@media (prefers-color-scheme:dark){:root{--page:#12161c;--text:#e7ecf2;--quiet:#a3afbd;--rule:#303a46;--stable:#85aef5;--canary:#f5a55c;--good:#62c98c;--bad:#ff8d80}}
body{margin:0 auto;max-width:52rem;padding:1.5rem;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.verdict{border-left:.4rem solid var(--quiet);padding:.25rem 0 .25rem 1rem}
.verdict.promote{border-color:var(--good)}.verdict.roll_back{border-color:var(--bad)}
svg{max-width:100%;height:auto}.grid{stroke:var(--rule)}.tick{fill:var(--quiet);font-size:12px}
.line{fill:none;stroke-width:2}.stable{stroke:var(--stable)}.canary{stroke:var(--canary)}
.band{stroke:none;opacity:.18}.band.stable{fill:var(--stable)}.band.canary{fill:var(--canary)}
.upper{stroke-dasharray:7 4}.tail{stroke-dasharray:2 3}
.legend{color:var(--quiet);margin:.25rem 0}.legend span{margin-right:1rem;white-space:nowrap}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--rule)}
td.number,th.number{text-align:right}.good{color:var(--good)}.bad{color:var(--bad)}.quiet{color:var(--quiet)}
.scroll{overflow-x:auto;max-height:28rem}
";

/// One of the two versions of a look.
type Arm = fn(&LookRecord) -> &ArmLook;

/// The report of a decision as one HTML page.
pub fn render_html(decision: &Decision, history: &History, design_effect: f64) -> String {
    let class = match decision.verdict {
        Verdict::Promote => "promote",
        Verdict::RollBack => "roll_back",
        Verdict::Wait | Verdict::NotEnoughData => "open",
    };
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Canary: {verdict}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Canary: {verdict}</h1>\n<p class=\"verdict {class}\">{reason}.</p>\n",
        verdict = decision.verdict.words(),
        reason = escaped(&decision.reason)
    );
    criteria(decision, &mut page);
    for plot in plots(history, design_effect) {
        // Writing to a String cannot fail.
        let _ = write!(page, "<h2>{}</h2>\n{}{}", plot.title, plot.legend(), plot.render());
        let _ = writeln!(page, "<p class=\"quiet\">{}</p>", plot.description);
    }
    numbers(&history.looks, &mut page);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn criteria(decision: &Decision, page: &mut String) {
    page.push_str("<h2>Criteria</h2>\n<table>\n<thead><tr><th scope=\"col\">Criterion</th><th scope=\"col\">State</th><th scope=\"col\">Reason and numbers</th></tr></thead>\n<tbody>\n");
    for criterion in &decision.criteria {
        let figures: Vec<String> = criterion.figures.iter().map(figure).collect();
        let word = state(criterion.state);
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td class=\"{word}\">{word}</td><td>{}<br><span class=\"quiet\">{}</span></td></tr>",
            escaped(&criterion.name),
            escaped(&criterion.reason),
            escaped(&figures.join(" · "))
        );
    }
    page.push_str("</tbody>\n</table>\n");
}

fn plots(history: &History, design_effect: f64) -> Vec<Plot> {
    let looks = &history.looks;
    let rates = |arm: Arm, class| Line {
        name: format!("{class}, with its confidence sequence"),
        class,
        points: error_rates(looks, design_effect, arm),
        has_band: true,
    };
    let mut plots = vec![Plot {
        id: "errors",
        title: "Error rate so far".to_owned(),
        description:
            "Share of all requests since the first look that failed, and the 95 percent confidence sequence \
                      around it, which holds at all moments at once."
                .to_owned(),
        unit: " %",
        lines: vec![rates(|look| &look.stable, "stable"), rates(|look| &look.canary, "canary")],
    }];
    for (number, (name, edges)) in history.edges.iter().enumerate() {
        let mut lines = Vec::new();
        for (quantile, words, stable, canary) in [
            (0.5, "median", "stable", "canary"),
            (0.95, "95th percentile", "stable upper", "canary upper"),
            (0.99, "99th percentile", "stable tail", "canary tail"),
        ] {
            let arms: [(&str, &'static str, Arm); 2] =
                [("stable", stable, |look| &look.stable), ("canary", canary, |look| &look.canary)];
            for (version, class, arm) in arms {
                let points = quantiles(looks, (name, edges), quantile, arm);
                lines.push(Line { name: format!("{version}, {words}"), class, points, has_band: false });
            }
        }
        plots.push(Plot {
            id: if number == 0 { "durations" } else { "more-durations" },
            title: format!("Durations ({})", escaped(name)),
            description:
                "Quantiles of the requests of each look, or of a few looks together, from the classes of the \
                          histogram."
                    .to_owned(),
            unit: " ms",
            lines,
        });
    }
    plots
}

/// The same numbers for those who do not see the plots, and for who wants to check.
fn numbers(looks: &[LookRecord], page: &mut String) {
    let start = looks.first().map_or(0.0, |look| look.at);
    page.push_str("<h2>All looks</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"All looks\">\n<table>\n<thead><tr><th scope=\"col\" class=\"number\">Second</th>");
    for version in ["Stable", "Canary"] {
        for column in ["requests", "errors", "restarts", "MiB"] {
            let _ = write!(page, "<th scope=\"col\" class=\"number\">{version} {column}</th>");
        }
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for look in looks {
        let _ = write!(page, "<tr><th scope=\"row\" class=\"number\">{}</th>", short(look.at - start));
        for arm in [&look.stable, &look.canary] {
            let memory = arm.memory_bytes.map_or_else(|| "–".to_owned(), |bytes| short(bytes / 1_048_576.0));
            for cell in [arm.requests.to_string(), arm.errors.to_string(), arm.restarts.to_string(), memory] {
                let _ = write!(page, "<td class=\"number\">{cell}</td>");
            }
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n</div>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
