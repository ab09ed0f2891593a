// Icons, drawn on a 24 by 24 grid with round strokes; they are decoration and hidden from assistive technology.

const SVG = "http://www.w3.org/2000/svg";

/** @type {Record<string, string[]>} */
const PATHS = {
  mark: ["M13 4v16", "M17 4v16", "M19 4H10a4.5 4.5 0 0 0 0 9h3"],
  understand: ["M9.5 17.5h5", "M10.5 20.5h3", "M12 3.5a6 6 0 0 0-3.6 10.8c.7.6 1.1 1.2 1.1 2.1v.1h5v-.1c0-.9.4-1.5 1.1-2.1A6 6 0 0 0 12 3.5z"],
  act: ["M5 19 19 5", "M9 5h10v10"],
  answer: ["M4 6.5a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6.5L7 20.5v-4H6a2 2 0 0 1-2-2z"],
  shown: ["M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z", "M8 12.300l2.700 2.700L16 9.500"],
  partly: ["M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z", "M12 3.500v17", "M9.500 5.500v13", "M7 7.500v9"],
  "not-shown": ["M8.500 4.300a8.5 8.5 0 0 1 7 0", "M18.800 7a8.5 8.5 0 0 1 1.700 5", "M19.300 16.300a8.5 8.5 0 0 1-4 3.500", "M11 20.400a8.5 8.5 0 0 1-4.700-2.200", "M4 14.800a8.5 8.5 0 0 1 1-7.500"],
  step: ["M6 20.500v-17", "M6 5h11.500l-2.500 3.500 2.500 3.500H6"],
  draft: ["M4.500 19.500l1-4.500L16 4.500l3.500 3.500L9 18.500z", "M13.500 7l3.500 3.500"],
  copy: ["M8.500 8.500h11v11h-11z", "M15.500 8.500v-4h-11v11h4"],
  doubt: ["M12 4 21 19.500H3z", "M12 10v4.500", "M12 17v.200"],
  late: ["M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z", "M12 7.500V12l3 2.500"],
  connect: ["M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", "M2.5 20c.4-3.6 3-5.7 6.5-5.7 1.6 0 3 .4 4.1 1.2", "M18 13.5v7", "M14.5 17h7"],
  converse: ["M4 6.5a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6.5L7 20.5v-4H6a2 2 0 0 1-2-2z", "M8.5 9h7", "M8.5 12.2h4.5"],
  learn: ["M12 7c-1.8-1.6-4.3-2.3-8-2.300v13c3.7 0 6.2.7 8 2.3 1.8-1.6 4.3-2.3 8-2.300v-13c-3.7 0-6.2.7-8 2.300z", "M12 7v13"],
  engage: ["M6 21V4", "M6 4.800c4-2.2 7.5 2 12 0v9c-4.5 2-8-2.2-12 0"],
  up: ["M7.5 11v9.5", "M7.5 11l3.7-7c1.7 0 2.8 1.2 2.5 2.900L13.2 9.500h4.900c1.5 0 2.5 1.3 2.2 2.700l-1.3 6.300a2.5 2.5 0 0 1-2.5 2H4.500a1 1 0 0 1-1-1V12a1 1 0 0 1 1-1z"],
  down: ["M16.5 13V3.5", "M16.5 13l-3.7 7c-1.7 0-2.8-1.2-2.5-2.900l.5-2.600H5.900c-1.5 0-2.5-1.3-2.2-2.700L5 5.500a2.5 2.5 0 0 1 2.5-2h12a1 1 0 0 1 1 1V12a1 1 0 0 1-1 1z"],
  stop: ["M7 7h10v10H7z"],
  send: ["M12 19.500v-15", "M5.5 11 12 4.500l6.5 6.5"],
  chevron: ["M6 9.500l6 6 6-6"],
  right: ["M9.5 6l6 6-6 6"],
  left: ["M14.5 6l-6 6 6 6"],
  back: ["M20 12H4.5", "M11 5.5 4.5 12l6.5 6.5"],
  close: ["M6 6l12 12", "M18 6 6 18"],
  again: ["M19.5 12a7.5 7.5 0 1 1-2.3-5.4", "M19.5 3.500v4h-4"],
  shield: ["M12 3.5 5 6v5.500c0 4.3 2.8 7.4 7 9 4.2-1.6 7-4.7 7-9V6z", "M9 12l2.2 2.200L15.3 10"],
  post: ["M5 4.500h14v15H5z", "M8.5 9h7", "M8.5 12.500h7", "M8.5 16h4"],
  article: ["M4 5.500h16v13H4z", "M7.5 9h4v5h-4z", "M14.5 9H17", "M14.5 12H17", "M14.5 15H17"],
  job: ["M4 8h16v11.500H4z", "M9 8V5.500a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1V8", "M4 13h16", "M12 12v2.5"],
  course: ["M2.5 9.5 12 5l9.5 4.500L12 14z", "M6.5 11.700v4.600c1.4 1.5 3.2 2.2 5.5 2.200s4.1-.7 5.5-2.200v-4.6", "M21.5 9.500V15"],
  company: ["M5 20.500v-16h9v16", "M14 9.500h5v11", "M3.5 20.500h17", "M8 8h3", "M8 11.500h3", "M8 15h3"],
  profile: ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M4.5 20.500c.6-4 3.5-6 7.5-6s6.9 2 7.5 6"],
  place: ["M12 21c4.5-4.4 7-7.9 7-11a7 7 0 0 0-14 0c0 3.1 2.5 6.6 7 11z", "M12 12.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"],
  feed: ["M4 5h16", "M4 10h16", "M4 15h10", "M4 20h10"],
  theme: ["M12 3.500v17", "M12 20.500a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z", "M12 7.500a4.5 4.5 0 0 1 0 9"],
};

/** The kinds there is an icon for. */
export const ICONS = Object.freeze(Object.keys(PATHS));

/**
 * One icon as an svg element; an unknown name gives the mark.
 * @param {string} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.8" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  svg.setAttribute("stroke-linecap", "round");
  svg.setAttribute("stroke-linejoin", "round");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  svg.setAttribute("class", `icon icon-${name}`);
  for (const d of PATHS[name] ?? PATHS.mark) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}
