/**
 * A photo made small: at most 1,600 pixels, and drawn anew as JPEG. What the camera wrote into its file about place, owner and
 * device (EXIF, XMP, a preview) stays on the phone: only pixels leave it. What cannot be drawn is not sent at all.
 */
const MOST = 1600

/** null: this browser cannot read that picture. */
export async function small(file: Blob): Promise<Blob | null> {
  const image = await createImageBitmap(file).catch(() => null)
  if (!image) return null
  const scale = Math.min(1, MOST / Math.max(image.width, image.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(image.width * scale))
  canvas.height = Math.max(1, Math.round(image.height * scale))
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  image.close()
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.8))
}
