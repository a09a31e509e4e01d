/** Borders of grids (GeoJSON, WGS 84) as paths of a picture. Pure. */
export interface Shape {
  id: string
  path: string
  /** Where its number stands. */
  x: number
  y: number
}

type Ring = [number, number][]
interface Feature {
  properties: { id: string; from?: string; to?: string }
  geometry: { type: 'Polygon'; coordinates: Ring[] } | { type: 'MultiPolygon'; coordinates: Ring[][] }
}

declare global {
  namespace GeoJSON {
    interface Collection {
      features: Feature[]
    }
  }
}

const WIDTH = 1200

/** A day is the first or the last one that holds; an instant the first that is in, or out. */
function holds(p: Feature['properties'], now: number): boolean {
  const from = p.from ? Date.parse(p.from) : -Infinity
  const to = p.to ? Date.parse(p.to) + (p.to.length === 10 ? 86_400_000 : 0) : Infinity
  return from <= now && now < to
}

export function projected(all: GeoJSON.Collection, now: number): Shape[] {
  const features = all.features.filter((f) => holds(f.properties, now))
  const rings = (f: Feature): Ring[] =>
    f.geometry.type === 'Polygon' ? f.geometry.coordinates : f.geometry.coordinates.flat()
  const points = features.flatMap(rings).flat()
  if (points.length === 0) return []
  const west = Math.min(...points.map((p) => p[0]))
  const east = Math.max(...points.map((p) => p[0]))
  const north = Math.max(...points.map((p) => p[1]))
  const narrow = Math.cos((north * Math.PI) / 180) // a degree of longitude is shorter than one of latitude
  const scale = WIDTH / ((east - west) * narrow || 1)
  const x = (lon: number) => Math.round((lon - west) * narrow * scale)
  const y = (lat: number) => Math.round((north - lat) * scale)
  return features.map((f) => {
    const path = rings(f)
      .map((ring) => `M${ring.map(([lon, lat]) => `${x(lon)} ${y(lat)}`).join('L')}Z`)
      .join('')
    const [lon, lat] = middle(rings(f)[0]!)
    return { id: f.properties.id, path, x: x(lon), y: y(lat) }
  })
}

/** The centre of mass of an area. */
function middle(ring: Ring): [number, number] {
  let area = 0
  let sumX = 0
  let sumY = 0
  const [ox, oy] = ring[0]!
  for (let i = 0; i + 1 < ring.length; i++) {
    const [ax, ay] = [ring[i]![0] - ox, ring[i]![1] - oy]
    const [bx, by] = [ring[i + 1]![0] - ox, ring[i + 1]![1] - oy]
    const cross = ax * by - bx * ay
    area += cross
    sumX += (ax + bx) * cross
    sumY += (ay + by) * cross
  }
  return area === 0 ? [ox, oy] : [ox + sumX / (3 * area), oy + sumY / (3 * area)]
}

export function bounds(shapes: Shape[]): string {
  const numbers = shapes.flatMap((s) => Array.from(s.path.matchAll(/(\d+) (\d+)/g), (m) => Number(m[2])))
  return `-6 -6 ${WIDTH + 12} ${Math.max(100, ...numbers) + 12}`
}
