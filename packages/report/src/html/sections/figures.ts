import type { Figure, Figures } from "@sluice/journal";
import { counted, duration, percent } from "../../format.ts";
import { html, type Markup } from "../markup.ts";
import { badge, folded, numeric, table } from "../parts.ts";

/** The delivery figures of the environment, each with its formula and target. */
export function figuresSection(figures: Figures, environment: string): Markup {
  const all = Object.values(figures) as Figure[];
  return folded(
    "Delivery figures",
    `${environment}, the last 30 days`,
    table(
      "Delivery figures",
      ["Figure", numeric("Value"), numeric("Target"), "", numeric("Deployments"), "How it is made"],
      all.map((figure) => [
        figure.name,
        figureValue(figure),
        figure.target ? `${figure.target.relation} ${withUnit(figure.target.value, figure.unit)}` : "–",
        figure.meetsTarget === null
          ? ""
          : figure.meetsTarget
            ? badge("passed", "met")
            : badge("failed", "missed"),
        figure.counted,
        html`<span class="quiet">${figure.formula}</span>`,
      ]),
    ),
  );
}

const figureValue = (figure: Figure): string =>
  figure.value === null
    ? `none in ${counted(figure.counted, "deployment")}`
    : withUnit(figure.value, figure.unit);

const withUnit = (value: number, unit: Figure["unit"]): string =>
  unit === "percent"
    ? percent(value)
    : unit === "seconds"
      ? duration(value)
      : `${Number(value.toPrecision(2))} a day`;
