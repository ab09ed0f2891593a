// How the panel looks. A host page themes it with the --nutgraf-* properties and with color-scheme.

export const sheet = new CSSStyleSheet();

sheet.replaceSync(`
:host {
  --_accent: var(--nutgraf-accent, light-dark(#14594a, #86d6bb));
  --_on-accent: var(--nutgraf-on-accent, light-dark(#ffffff, #0a211a));
  --_soft: var(--nutgraf-accent-soft, light-dark(#e9f3ef, #1b322a));
  --_surface: var(--nutgraf-surface, light-dark(#ffffff, #171c1a));
  --_raised: var(--nutgraf-raised, light-dark(#f6f7f5, #1f2523));
  --_text: var(--nutgraf-text, light-dark(#1a211f, #e8edeb));
  --_muted: var(--nutgraf-muted, light-dark(#55615c, #a5b2ac));
  --_line: var(--nutgraf-line, light-dark(#dfe4e1, #323b37));
  --_quote: var(--nutgraf-quote, light-dark(#b98a2f, #d9b46a));
  --_warn: var(--nutgraf-warn, light-dark(#8a3b12, #f0b48f));
  --_radius: var(--nutgraf-radius, 14px);
  display: block;
  color: var(--_text);
  font: 400 15px/1.5 var(--nutgraf-font, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif);
  text-align: start;
  overflow-wrap: anywhere;
}
:host([hidden]) { display: none; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2, h3, h4, p, ul, ol, figure, blockquote { margin: 0; padding: 0; font: inherit; }
ul, ol { list-style: none; }
button, input { font: inherit; color: inherit; }
button { cursor: pointer; background: none; border: 0; padding: 0; text-align: inherit; }
:focus-visible { outline: 2.5px solid var(--_accent); outline-offset: 2px; border-radius: 6px; }
.icon { width: 1.2em; height: 1.2em; flex: none; display: block; }
.sr { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.panel { position: relative; background: var(--_surface); border: 1px solid var(--_line); border-radius: var(--_radius); overflow: clip; }
header { position: sticky; z-index: 1; inset-block-start: var(--nutgraf-sticky-top, 0); display: flex; align-items: center; gap: 8px; border-radius: var(--_radius); background: var(--_surface); }
h2 { flex: 1; min-width: 0; }
.entry { display: flex; align-items: center; gap: 12px; width: 100%; padding: 14px 16px; border-radius: var(--_radius); }
.entry:focus-visible { outline-offset: -3px; border-radius: var(--_radius); }
.entry:hover .turner { color: var(--_text); }
.mark { display: grid; place-items: center; width: 34px; height: 34px; border-radius: 10px; background: var(--_accent); color: var(--_on-accent); flex: none; }
.mark .icon { width: 20px; height: 20px; stroke-width: 2.1; }
.entry-text { flex: 1; min-width: 0; }
.title { display: block; font-size: 17px; font-weight: 650; line-height: 1.25; letter-spacing: -0.01em; }
.subtitle { display: block; font-size: 13px; color: var(--_muted); }
.open .subtitle { display: none; }
.turner { color: var(--_muted); transition: rotate 160ms; }
.open .turner { rotate: 180deg; }
.stop { display: inline-flex; align-items: center; gap: 6px; margin-inline-end: 14px; min-height: 32px; padding: 0 12px 0 9px; border: 1px solid var(--_line); border-radius: 99px; font-size: 13px; font-weight: 600; background: var(--_surface); }
.stop .icon { fill: currentColor; width: 16px; height: 16px; }
.stop:hover { border-color: var(--_muted); }
.progress { position: absolute; inset: 0 0 auto; border-radius: 3px; height: 3px; background: var(--_soft); overflow: hidden; }
.progress span { position: absolute; inset-block: 0; inset-inline-start: 0; width: 36%; background: var(--_accent); border-radius: 3px; animation: slide 1.5s ease-in-out infinite; }
@keyframes slide { from { translate: -100% 0; } to { translate: 280% 0; } }

.content { padding: 0 16px 16px; }
.label { display: flex; gap: 8px; padding: 9px 11px; border-radius: 10px; background: var(--_raised); color: var(--_muted); font-size: 12.5px; line-height: 1.45; }
.label .icon { width: 16px; height: 16px; margin-top: 1px; color: var(--_accent); }
.stage { padding-top: 14px; font-size: 13.5px; color: var(--_muted); }
.skeleton { display: grid; gap: 11px; padding: 14px 0 10px; min-height: 190px; align-content: start; }
.skeleton .bar:nth-child(4) { margin-top: 20px; }
.bar { display: block; height: 11px; border-radius: 6px; width: 60%; background: linear-gradient(90deg, var(--_line) 25%, var(--_raised) 45%, var(--_line) 65%) 0 0 / 300% 100%; animation: sheen 1.7s linear infinite; }
.bar.long { width: 96%; } .bar.middle { width: 84%; } .bar.short { width: 54%; }
@keyframes sheen { from { background-position: 100% 0; } to { background-position: 0 0; } }

.block { padding: 16px 0 14px; border-bottom: 1px solid var(--_line); animation: rise 220ms ease-out both; }
.blocks > .block:last-child { border-bottom: 0; }
@keyframes rise { from { opacity: 0; translate: 0 4px; } }
.kicker { display: flex; align-items: center; gap: 7px; margin-bottom: 6px; font-size: 13px; font-weight: 650; color: var(--_accent); }
.kicker .icon { width: 16px; height: 16px; }
.words { display: grid; gap: 8px; }
.doubtful .said { text-decoration: underline dotted var(--_warn) 1.5px; text-underline-offset: 3px; }
.doubt { display: inline-flex; align-items: center; gap: 4px; min-height: 24px; padding: 0 8px 0 6px; border: 1px dashed var(--_warn); border-radius: 99px; font-size: 12.5px; line-height: 1.3; color: var(--_warn); vertical-align: baseline; }
.checked { display: inline-grid; place-items: center; min-width: 24px; min-height: 24px; border-radius: 6px; color: var(--_muted); vertical-align: middle; }
.checked:hover, .checked[aria-expanded="true"] { background: var(--_raised); color: var(--_accent); }
.checked .icon { width: 13px; height: 13px; }
.doubt:hover { background: var(--_raised); }
.doubt .icon { width: 14px; height: 14px; }
.sentence, .quote { animation: rise 240ms ease-out both; }
:is(.held, .coming) { display: flex; align-items: center; gap: 10px; min-height: 22px; }
:is(.held, .coming) .bar { flex: 1; width: auto; max-width: 68%; }
.held-note { font-size: 12.5px; color: var(--_muted); font-style: italic; }
.cite + .cite { margin-inline-start: -1px; }
.cite { display: inline-grid; place-items: center; min-width: 24px; height: 24px; margin-block: -4px; padding: 0 5px; border-radius: 7px; background: var(--_soft); color: var(--_accent); font-size: 12px; font-weight: 650; line-height: 1; font-variant-numeric: tabular-nums; vertical-align: 1px; border: 1px solid transparent; }
.cite:hover, .cite[aria-expanded="true"] { background: var(--_accent); color: var(--_on-accent); }
.cite.note, .cite.away { border-color: color-mix(in srgb, var(--_accent) 35%, transparent); }
.quote { padding-inline-start: 13px; border-inline-start: 3px solid var(--_quote); }
blockquote { font-family: var(--nutgraf-quote-font, Charter, "Iowan Old Style", "Source Serif 4", Georgia, "Liberation Serif", serif); font-size: 16px; line-height: 1.48; }
figcaption { margin-top: 3px; font-size: 12.5px; color: var(--_muted); }
.evidence { padding: 9px 11px; border-radius: 10px; background: var(--_soft); font-size: 13.5px; }
.link { min-height: 24px; margin-inline-start: 8px; color: var(--_accent); font-weight: 600; text-decoration: underline; text-underline-offset: 2px; }

.status { display: inline-flex; align-items: center; gap: 5px; padding: 1px 9px 1px 6px; border: 1px solid var(--_line); border-radius: 99px; background: var(--_surface); color: var(--_text); font-size: 12.5px; font-weight: 600; }
.status .icon { width: 14px; height: 14px; stroke-width: 2.2; }
.status.shown { background: var(--_soft); border-color: color-mix(in srgb, var(--_accent) 35%, transparent); color: var(--_accent); }
.status.partly { border-color: color-mix(in srgb, var(--_quote) 60%, transparent); }
.status.partly .icon { color: var(--_quote); }
.status.not-shown { border-style: dashed; border-color: var(--_muted); color: var(--_muted); }
.frame { display: grid; gap: 10px; justify-items: start; padding: 12px 14px 14px; border: 1.5px dashed color-mix(in srgb, var(--_accent) 45%, var(--_line)); border-radius: 12px; background: var(--_raised); }
.frame .words { width: 100%; font-size: 15.5px; }
.frame-label { display: flex; align-items: center; gap: 7px; font-size: 12.5px; font-weight: 600; color: var(--_muted); }
.frame-label .icon { width: 15px; height: 15px; color: var(--_accent); }

.block-foot { display: grid; grid-template-columns: minmax(0, 1fr) minmax(66px, auto); gap: 4px 10px; align-items: start; margin-top: 8px; }
.block-foot:empty { display: none; }
.because { grid-column: 1; padding-top: 5px; font-size: 13.5px; line-height: 1.42; color: var(--_muted); }
summary { cursor: pointer; }
summary:hover { color: var(--_text); }
.because summary, p.because { display: flex; gap: 7px; }
.because summary { list-style: none; border-radius: 4px; }
.because summary::-webkit-details-marker { display: none; }
.because .icon { width: 15px; height: 15px; margin-top: 2px; }
.because .icon-chevron { transition: rotate 160ms; }
.because[open] .icon-chevron { rotate: 180deg; }
.because .facts li { grid-template-columns: 1fr auto; }
.because .fact-kind { grid-column: 1 / -1; margin-bottom: -6px; }
.facts { display: grid; gap: 6px; margin-top: 8px; padding: 10px 12px; border-radius: 10px; background: var(--_raised); font-size: 13.5px; color: var(--_text); }
.facts li { display: grid; grid-template-columns: 92px 1fr auto auto; gap: 10px; }
.facts .chip { min-height: 26px; align-self: start; font-size: 12.5px; white-space: nowrap; }
.facts .leave { grid-column: 4; }
.leave[aria-pressed="true"] { border-color: var(--_accent); background: var(--_soft); color: var(--_accent); }
.facts .cited { margin-inline: -8px; padding: 6px 8px; outline-offset: -2px; border-radius: 8px; background: var(--_soft); box-shadow: inset 3px 0 var(--_accent); }
.facts .back-to-words { display: inline-flex; align-items: center; gap: 5px; grid-column: 1 / -1; justify-self: start; }
.back-to-words .icon { width: 14px; height: 14px; }
.out > span:nth-child(2) { text-decoration: line-through; color: var(--_muted); }
.used .again { margin-top: 8px; }
.memory { margin-top: 14px; color: var(--_text); }
.memory h3 { font-size: 13px; font-weight: 650; color: var(--_muted); }
.memory-empty { margin-top: 6px; color: var(--_muted); }
.memory-trouble { margin-top: 6px; color: var(--_warn); }
.memory-foot { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px; margin-top: 8px; }
.memory-switch { display: flex; align-items: center; gap: 8px; min-height: 28px; }
.memory-on { width: 24px; height: 24px; margin: 0; accent-color: var(--_accent); }
.when { color: var(--_muted); font-size: 12.5px; white-space: nowrap; }
.row-buttons { display: flex; gap: 6px; grid-column: 3 / -1; }
.facts .editing { display: block; }
.correct { display: flex; flex-wrap: wrap; gap: 6px; }
.correct input { flex: 1 1 180px; min-height: 30px; padding: 0 10px; border: 1px solid var(--nutgraf-field-line, light-dark(#858f8a, #6d7973)); border-radius: 9px; background: var(--_surface); }
.fact-kind { color: var(--_muted); text-transform: capitalize; }
.guess { align-self: start; padding: 1px 7px; border: 1px dashed var(--_muted); border-radius: 99px; font-size: 12px; color: var(--_muted); white-space: nowrap; }
.step { grid-column: 1 / -1; margin-top: 4px; }
.action { display: flex; align-items: center; gap: 12px; width: 100%; padding: 9px 12px 9px 9px; border-radius: 11px; border: 1px solid color-mix(in srgb, var(--_accent) 28%, var(--_line)); background: var(--_soft); }
.action:hover { border-color: var(--_accent); }
.action-icon { display: grid; place-items: center; width: 34px; height: 34px; border-radius: 9px; background: var(--_accent); color: var(--_on-accent); flex: none; }
.action-text { flex: 1; min-width: 0; line-height: 1.35; }
.action-kind { display: block; font-size: 12px; font-weight: 600; color: var(--_accent); }
.action-label { display: block; font-weight: 600; font-size: 14.5px; }
.action > .icon { color: var(--_accent); }
.step-because { margin-top: 6px; font-size: 13px; color: var(--_muted); }
.feedback { display: contents; }
.thumbs { grid-column: 2; display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end; gap: 2px; min-height: 30px; }
.feedback-note { margin-inline-end: 8px; font-size: 13px; color: var(--_muted); }
.thumb { display: grid; place-items: center; width: 32px; height: 30px; border-radius: 8px; color: var(--_muted); }
.thumb .icon { width: 17px; height: 17px; }
.thumb:hover { background: var(--_raised); color: var(--_text); }
.thumb[aria-pressed="true"] { background: var(--_soft); color: var(--_accent); }
.reasons { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 6px; justify-content: flex-end; margin-block: 2px 4px; }
.chip { min-height: 30px; padding: 0 11px; border: 1px solid var(--_line); border-radius: 99px; font-size: 13px; background: var(--_surface); }
.chip:hover { border-color: var(--_accent); color: var(--_accent); }

.notice { display: grid; gap: 8px; justify-items: start; margin: 12px 0; padding: 12px 14px; border-radius: 11px; background: var(--_raised); font-size: 14px; }
.notice.failed { color: var(--_warn); border: 1px solid color-mix(in srgb, var(--_warn) 40%, transparent); }
.ticket { font-size: 12.5px; color: var(--_muted); }
.again { display: inline-flex; align-items: center; gap: 7px; min-height: 32px; padding: 0 13px 0 10px; border-radius: 99px; border: 1px solid var(--_line); background: var(--_surface); color: var(--_text); font-size: 13.5px; font-weight: 600; }
.again:hover { border-color: var(--_accent); }
.no-action { padding: 12px 0; border-top: 1px solid var(--_line); font-size: 13.5px; color: var(--_muted); }
.extras h3 { margin: 14px 0 8px; font-size: 13px; font-weight: 650; color: var(--_muted); }
.starters ul, .cards ul { display: grid; gap: 6px; }
.starter { display: flex; align-items: center; gap: 8px; width: 100%; padding: 8px 10px 8px 13px; border: 1px solid var(--_line); border-radius: 11px; font-size: 14px; }
.starter span { flex: 1; }
.starter .icon { color: var(--_muted); width: 16px; height: 16px; }
.starter:hover, .card:hover { border-color: var(--_accent); background: var(--_soft); }
.card { display: flex; gap: 11px; width: 100%; padding: 10px; border: 1px solid var(--_line); border-radius: 11px; }
.card-icon { display: grid; place-items: center; width: 32px; height: 32px; border-radius: 9px; background: var(--_raised); color: var(--_muted); flex: none; }
.card-text { flex: 1; min-width: 0; line-height: 1.35; }
.card-kind { font-size: 12px; color: var(--_muted); text-transform: capitalize; }
.card-title { display: block; font-weight: 600; font-size: 14px; }
.card-because { display: block; margin-top: 2px; font-size: 13px; color: var(--_muted); }

.turns { margin-top: 6px; }
.turn { padding-top: 14px; animation: rise 200ms ease-out both; }
.turn .block { padding: 0; border: 0; animation: none; }
.turn .block + .block { margin-top: 14px; padding-top: 14px; border-top: 1px solid var(--_line); }
.turn .kicker { flex-wrap: wrap; color: var(--_text); }
.turn .kicker > .icon { color: var(--_accent); }
.turn .extras h4 { margin: 16px 0 8px; font-size: 13px; font-weight: 650; color: var(--_muted); }
.turn .fine details { margin-top: 8px; }
.turn + .turn { margin-top: 14px; border-top: 1px solid var(--_line); }
.turn .gone { font-size: 13px; color: var(--_muted); }
.question:focus, .gone:focus { outline: none; }
.turn .routed { display: flex; align-items: center; gap: 6px; margin: -2px 0 8px; font-size: 12.5px; color: var(--_muted); }
.turn .routed .icon { width: 14px; height: 14px; color: var(--_accent); }
.routed strong { font-weight: 600; color: var(--_text); }
.understood { margin-bottom: 10px; font-size: 13px; font-style: italic; color: var(--_muted); }
.turn.earlier p { padding-bottom: 6px; white-space: pre-line; }
.question { width: fit-content; max-width: 88%; margin: 0 0 10px auto; padding: 8px 13px; border-radius: 14px 14px 4px 14px; background: var(--_accent); color: var(--_on-accent); font-size: 14.5px; }
.ask { position: relative; margin-top: 16px; }
.ask input { width: 100%; min-height: 44px; padding: 0 50px 0 14px; border: 1px solid var(--nutgraf-field-line, light-dark(#858f8a, #6d7973)); border-radius: 12px; background: var(--_surface); }
.ask input::placeholder { color: var(--_muted); opacity: 1; }
.ask input:focus-visible { border-radius: 12px; outline-offset: 0; }
.send { position: absolute; inset: 6px 6px auto auto; display: grid; place-items: center; width: 32px; height: 32px; border-radius: 9px; background: var(--_accent); color: var(--_on-accent); }
.send:disabled { background: var(--_line); color: var(--_muted); cursor: default; }
.fine { font-size: 13px; color: var(--_muted); }
.fine details, .fine .none { margin-top: 12px; }
.fine summary { width: fit-content; }
.why { margin-top: 6px; }
.asked li { display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: center; }
.asked strong { font-weight: 600; color: var(--_text); }
.outcome { display: inline-flex; align-items: center; gap: 4px; }
.outcome .icon { width: 14px; height: 14px; }
.outcome.trouble { color: var(--_warn); font-weight: 600; }
.fine :is(.skipped, .asked) ul { display: grid; gap: 4px; margin-top: 6px; padding: 10px 12px; border-radius: 10px; background: var(--_raised); }

@media (max-width: 430px) {
  .content { padding-inline: 14px; }
  .facts li { grid-template-columns: 1fr auto; }
  .facts .leave, .row-buttons { grid-column: 1 / -1; justify-self: start; }
  .fact-kind { grid-column: 1 / -1; margin-bottom: -6px; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
  .progress span { inset-inline: 0; width: auto; }
}
@media (forced-colors: active) {
  .panel, .action, .notice, .label, .status, .frame { border: 1px solid; }
}
`);
