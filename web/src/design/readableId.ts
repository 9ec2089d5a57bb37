/** A readable form of an id for headings (`kpi_scorecard_layout` gives `Kpi scorecard layout`, known abbreviations in capitals). */
export function readableId(id: string): string {
  const words = id.replaceAll(/[_-]+/g, ' ').trim();
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return sentence.replaceAll(/\b(kpi|cta|api|ui)\b/gi, (abbreviation) => abbreviation.toUpperCase());
}
