//! Documentation as HTML: a page for each module, and one that lists them.

use pulldown_cmark::{Options, Parser};
use vitte_frontend::document::{Entry, Page};

const STYLE: &str = "\
body{max-width:50rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 system-ui,sans-serif;color:#222;background:#fff}\
pre{background:#f4f4f4;padding:.6rem .8rem;border-radius:4px;overflow-x:auto}code{font-family:ui-monospace,monospace}\
a{color:#06c;text-decoration:none}h2{border-bottom:1px solid #ddd;margin-top:2rem}h3{margin-bottom:.3rem}\
ul.names{columns:3;list-style:none;padding:0}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#1a1a1a}pre{background:#262626}h2{border-color:#444}a{color:#6af}}";

/// The file of a module's page. No module takes the place of the index.
pub fn file_name(module: &str) -> String {
    match module {
        "index" => "index_.html".to_owned(),
        _ => format!("{module}.html"),
    }
}

/// The page of a module.
pub fn page(page: &Page) -> String {
    let mut body = format!("<p><a href=\"index.html\">all modules</a></p>\n<h1>{}</h1>\n", escaped(&page.name));
    body.push_str(&markdown(&page.introduction));
    body.push_str("<ul class=\"names\">\n");
    for entry in page.entries.iter().filter(|entry| !entry.signature.is_empty()) {
        body.push_str(&format!("<li><a href=\"#{}\">{}</a></li>\n", id(entry), escaped(&entry.anchor)));
    }
    body.push_str("</ul>\n");
    page.entries.iter().for_each(|entry| body.push_str(&section(entry)));
    document(&page.name, &body)
}

/// The page that leads to the modules.
pub fn index(pages: &[Page]) -> String {
    let mut body = "<h1>Modules</h1>\n<dl>\n".to_owned();
    for page in pages {
        let (file, name) = (escaped(&file_name(&page.name)), escaped(&page.name));
        body.push_str(&format!("<dt><a href=\"{file}\">{name}</a></dt>\n<dd>{}</dd>\n", markdown(&page.introduction)));
    }
    body.push_str("</dl>\n");
    document("Modules", &body)
}

fn section(entry: &Entry) -> String {
    let (level, id) = (entry.level, id(entry));
    let title = inline(&entry.title);
    let mut text = format!("<h{level} id=\"{id}\"><a href=\"#{id}\">{title}</a></h{level}>\n");
    if !entry.signature.is_empty() {
        text.push_str(&format!("<pre><code>{}</code></pre>\n", escaped(&entry.signature)));
    }
    text + &markdown(&entry.comment)
}

/// A name for links: what is no letter, digit, dot or hyphen becomes an underscore.
fn id(entry: &Entry) -> String {
    let plain = |c: char| if c.is_alphanumeric() || c == '.' || c == '-' { c } else { '_' };
    entry.anchor.chars().map(plain).collect()
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n{body}</body>\n</html>\n",
        escaped(title)
    )
}

/// Markdown as HTML; HTML within it is shown as text.
fn markdown(text: &str) -> String {
    use pulldown_cmark::Event;
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        other => other,
    });
    let mut out = String::new();
    pulldown_cmark::html::push_html(&mut out, events);
    out
}

/// Markdown without its paragraph.
fn inline(text: &str) -> String {
    let html = markdown(text);
    html.trim().trim_start_matches("<p>").trim_end_matches("</p>").to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
