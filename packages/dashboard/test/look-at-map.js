// What a reader sees of the map, in pixels of the screen. Runs in the page, as one expression.
(() => {
  const boxOf = (element, name) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return { name, left, top, right, bottom };
  };
  const cards = [...document.querySelectorAll(".map-card")].map((card) => {
    const text = card.querySelector(".card-name");
    const name = card.querySelector("a").getAttribute("aria-label").split(" ")[0];
    const scale = text.getScreenCTM().d;
    const fontSize = Number.parseFloat(getComputedStyle(text).fontSize) * scale;
    return {
      box: boxOf(card.querySelector(".card-box"), name),
      name: { ...boxOf(text, text.textContent), fontSize },
    };
  });
  const crossed = [];
  for (const edge of document.querySelectorAll(".map-edge")) {
    const path = edge.querySelector(".line");
    // "service:orders to service:payments: 1.2/s"
    const [from, to] = edge.getAttribute("aria-label").replace(/: .*/, "").split(" to ");
    const ends = [from, to].map((id) => id.slice(id.indexOf(":") + 1));
    const matrix = path.getScreenCTM();
    const hit = new Set();
    for (let at = 0; at < path.getTotalLength(); at += 4) {
      const { x, y } = path.getPointAtLength(at).matrixTransform(matrix);
      for (const { box } of cards)
        if (x > box.left + 2 && x < box.right - 2 && y > box.top + 2 && y < box.bottom - 2) hit.add(box.name);
    }
    for (const name of hit) if (!ends.includes(name)) crossed.push(`${from} to ${to} across ${name}`);
  }
  return {
    area: boxOf(document.querySelector(".map-area"), "area"),
    cards: cards.map(({ box }) => box),
    names: cards.map(({ name }) => name),
    units: [...document.querySelectorAll(".map-unit rect")].map((rect) => boxOf(rect, "unit")),
    crossed,
  };
})();
