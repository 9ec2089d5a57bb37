//! Lines and bands as inline SVG. Colours are the page's, by class name, so that light and dark need no second drawing.

use super::series::Point;
use super::text::short;
use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 30.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 36.0;

/// One line of a plot.
pub(super) struct Line {
    /// What it is, for the legend.
    pub(super) name: String,
    /// Class name: which version, and which dash.
    pub(super) class: &'static str,
    /// Its points by time.
    pub(super) points: Vec<Point>,
    /// Whether a band from low to high lies around it.
    pub(super) has_band: bool,
}

/// A plot with title and description for those who do not see it.
pub(super) struct Plot {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) unit: &'static str,
    pub(super) lines: Vec<Line>,
}

struct Scale {
    longest: f64,
    highest: f64,
}

impl Scale {
    fn x(&self, at: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * at / self.longest
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value.clamp(0.0, self.highest) / self.highest
    }
}

impl Plot {
    /// The drawing.
    pub(super) fn render(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let longest = points().map(|point| point.at).fold(1.0, f64::max);
        // A band of the first requests may be as wide as everything: the lines decide what is shown.
        let largest = points().map(|point| point.value).fold(0.0, f64::max);
        let bands = self.lines.iter().filter(|line| line.has_band).filter_map(|line| line.points.last());
        let highest = nice(bands.map(|point| point.high).fold(1.25 * largest, f64::max));
        let scale = Scale { longest, highest };
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"{0}-title {0}-desc\">\
             <title id=\"{0}-title\">{1}</title><desc id=\"{0}-desc\">{2}</desc>\n",
            self.id, self.title, self.description
        );
        self.draw_axes(&scale, &mut svg);
        for line in &self.lines {
            if line.has_band {
                band(line, &scale, &mut svg);
            }
        }
        for line in &self.lines {
            draw(line, &scale, &mut svg);
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn draw_axes(&self, scale: &Scale, svg: &mut String) {
        for step in 0..=4_u8 {
            let part = f64::from(step) / 4.0;
            let (value, at) = (part * scale.highest, part * scale.longest);
            let (y, x) = (scale.y(value), scale.x(at));
            // Writing to a String cannot fail.
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"tick\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}{}</text>\
                 <text class=\"tick\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 8.0,
                y + 4.0,
                short(value),
                self.unit,
                HEIGHT - 14.0,
                clock(at)
            );
        }
    }

    /// Names of the lines with a piece of each.
    pub(super) fn legend(&self) -> String {
        let mut html = String::from("<p class=\"legend\">");
        for line in &self.lines {
            let _ = write!(
                html,
                "<span><svg width=\"28\" height=\"10\" aria-hidden=\"true\"><line class=\"line {}\" x1=\"1\" x2=\"27\" y1=\"5\" y2=\"5\"/></svg> {}</span> ",
                line.class, line.name
            );
        }
        html.push_str("</p>\n");
        html
    }
}

fn draw(line: &Line, scale: &Scale, svg: &mut String) {
    let place = |point: &Point| format!("{:.1},{:.1}", scale.x(point.at), scale.y(point.value));
    let points: Vec<String> = line.points.iter().map(place).collect();
    let _ = writeln!(svg, "<polyline class=\"line {}\" points=\"{}\"/>", line.class, points.join(" "));
}

fn band(line: &Line, scale: &Scale, svg: &mut String) {
    let place = |at: f64, value: f64| format!("{:.1},{:.1}", scale.x(at), scale.y(value));
    let upper = line.points.iter().map(|point| place(point.at, point.high));
    let lower = line.points.iter().rev().map(|point| place(point.at, point.low));
    let points: Vec<String> = upper.chain(lower).collect();
    let _ = writeln!(svg, "<polygon class=\"band {}\" points=\"{}\"/>", line.class, points.join(" "));
}

/// The next number of 1, 2, 2.5, 4, 5 and 10 times a power of ten.
fn nice(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let parts = [1.0, 2.0, 2.5, 4.0, 5.0, 10.0];
    parts.into_iter().map(|part| part * power).find(|nice| *nice >= value).unwrap_or(10.0 * power)
}

/// A time as seconds, or minutes when there are many.
fn clock(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{} s", short((seconds * 10.0).round() / 10.0))
    } else if seconds < 120.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{} min", short((seconds / 6.0).round() / 10.0))
    }
}
