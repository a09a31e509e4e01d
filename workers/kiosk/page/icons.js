// One picture for each category, drawn on 24 by 24; a category without one gets the last.
"use strict";
const ICONS = {
  water: "M12 3c3.5 4.2 5.5 7.2 5.5 10a5.5 5.5 0 0 1-11 0C6.5 10.2 8.5 7.2 12 3zM9.5 13.5a2.5 2.5 0 0 0 2.5 2.5",
  power: "M13 2 5 14h6l-1 8 8-12h-6z",
  lift: "M5 3h14v18H5zM12 3v18M8 10l1-2 1 2M14 14l1 2 1-2",
  trapped: "M5 3h14v18H5zM12 8a1.5 1.5 0 1 0 0-.1zM9 20v-5a3 3 0 0 1 6 0v5",
  heating: "M5 8h14v11H5zM9 8v11M12 8v11M15 8v11M8 5c0-1 1-1 1-2M12 5c0-1 1-1 1-2M16 5c0-1 1-1 1-2",
  light: "M9 18h6M10 21h4M12 3a6 6 0 0 0-3.5 10.9c.6.5.9 1.3.9 2.1h5.2c0-.8.3-1.6.9-2.1A6 6 0 0 0 12 3z",
  door: "M6 21V3h12v18M4 21h16M14.5 12v1.5",
  cleaning: "M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6",
  sewer: "M3 6h9a4 4 0 0 1 4 4v4M3 11h7a2 2 0 0 1 2 2v1M10 14h8v3h-8zM14 20v1",
  parking: "M4 4h16v16H4zM9 17V8h4a3 3 0 0 1 0 6H9",
  noise: "M4 9v6h4l5 4V5L8 9zM16.5 9a4 4 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11",
  green: "M12 21v-8M12 13c-5 0-7-3-7-8 5 0 7 3 7 8zM12 16c4 0 6-2 6-6-4 0-6 2-6 6z",
  safety: "M12 3 2.5 20h19zM12 10v5M12 17.5v.5",
  fees: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
  other: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12h.1M12 12h.1M16 12h.1",
};
