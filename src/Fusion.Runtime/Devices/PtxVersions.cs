namespace Fusion.Runtime;

/// <summary>Which PTX versions a driver accepts.</summary>
/// <remarks>Sources: PTX ISA, "Release History"; CUDA Toolkit Release Notes, "CUDA Driver".</remarks>
internal static class PtxVersions
{
    // Series is the first series of Linux drivers that support the CUDA version; 0 where it is unknown.
    private static readonly (Version Cuda, Version Ptx, int Series)[] Releases =
    [
        (new(11, 0), new(7, 0), 450), (new(11, 1), new(7, 1), 455), (new(11, 2), new(7, 2), 460),
        (new(11, 3), new(7, 3), 465), (new(11, 4), new(7, 4), 470), (new(11, 5), new(7, 5), 495),
        (new(11, 6), new(7, 6), 510), (new(11, 7), new(7, 7), 515), (new(11, 8), new(7, 8), 520),
        (new(12, 0), new(8, 0), 525), (new(12, 1), new(8, 1), 530), (new(12, 2), new(8, 2), 535),
        (new(12, 3), new(8, 3), 545), (new(12, 4), new(8, 4), 550), (new(12, 5), new(8, 5), 555),
        (new(12, 6), new(8, 5), 560), (new(12, 7), new(8, 6), 565), (new(12, 8), new(8, 7), 570),
        (new(12, 9), new(8, 8), 575), (new(13, 0), new(9, 0), 580), (new(13, 1), new(9, 1), 590),
        (new(13, 2), new(9, 2), 0), (new(13, 3), new(9, 3), 0), (new(13, 4), new(9, 4), 0),
    ];

    /// <summary>Gets the newest PTX version that a driver is known to accept.</summary>
    /// <param name="driver">CUDA version that the driver reports.</param>
    /// <returns>The PTX version; for a CUDA version that is not in the table, that of the last one before it.</returns>
    public static Version ForDriver(Version driver) =>
        Releases.LastOrDefault(r => r.Cuda <= driver) is { Ptx: { } ptx } ? ptx : new Version(6, 5);

    /// <summary>Gets the PTX version beyond which a driver certainly refuses; null for a driver newer than the table, which
    /// may accept more than the table knows and has to be asked.</summary>
    /// <param name="driver">CUDA version that the driver reports.</param>
    public static Version? LimitFor(Version driver) => driver <= Releases[^1].Cuda ? ForDriver(driver) : null;

    /// <summary>Describes the driver that a PTX version needs.</summary>
    /// <param name="ptx">The PTX version.</param>
    public static string DriverFor(Version ptx)
    {
        var (cuda, _, series) = Releases.FirstOrDefault(r => r.Ptx >= ptx);
        if (cuda is null) return $"a driver newer than CUDA {Releases[^1].Cuda}";
        return series == 0 ? $"a driver for CUDA {cuda} or newer" : $"a driver for CUDA {cuda} or newer (series {series})";
    }

    /// <summary>Describes the driver that machine code needs: one of the compiler's major version.</summary>
    /// <param name="nvrtc">Version of the compiler.</param>
    public static string DriverForCubin(Version nvrtc)
    {
        var series = Releases.FirstOrDefault(r => r.Cuda.Major == nvrtc.Major).Series;
        return series == 0
            ? $"a driver for CUDA {nvrtc.Major}"
            : $"a driver for CUDA {nvrtc.Major} (series {series} or newer)";
    }
}
