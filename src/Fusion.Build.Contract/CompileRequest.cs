using System.Globalization;

namespace Fusion.Build.Contract;

/// <summary>All that fusionc compiles for a project in one run: the response file.</summary>
public sealed class CompileRequest
{
    private const string Header = "fusion-request";
    private const string Version = "2";

    /// <summary>Full path of the project's folder. Relative paths of the request start there.</summary>
    public string ProjectDirectory { get; set; } = "";

    /// <summary>Full path of the folder for images, job records and manifest. fusionc owns all that is in it.</summary>
    public string OutputDirectory { get; set; } = "";

    /// <summary>Full path of the file that fusionc writes last (<see cref="BuildState"/>).</summary>
    public string StateFile { get; set; } = "";

    /// <summary>Full path of a folder that holds the output folders of all target frameworks, runtimes and configurations of
    /// the project: what one of them compiled, the others take. Empty if there is none.</summary>
    public string SharedDirectory { get; set; } = "";

    /// <summary>Folder that holds the SDK's own <c>fusion/…</c> headers.</summary>
    public string FusionIncludePath { get; set; } = "";

    /// <summary>Folder of the headers of the package Fusion.Cccl; empty without the package.</summary>
    public string CcclPath { get; set; } = "";

    /// <summary>An NVRTC library or the folder of one, by the property <c>FusionNvrtcPath</c>; empty if not set.</summary>
    public string NvrtcPath { get; set; } = "";

    /// <summary>Folder of the NVRTC pack's libraries; empty without the pack.</summary>
    public string NvrtcPackPath { get; set; } = "";

    /// <summary>Whether the project asks for the pack's NVRTC, so that the machine's own is looked at after it.</summary>
    public bool PrefersNvrtcPack { get; set; }

    /// <summary>Folder of images that were made elsewhere and stand in for compilation; empty to compile.</summary>
    public string PrebuiltPath { get; set; } = "";

    /// <summary>The most jobs at a time; 0 for one a processor.</summary>
    public int MaxParallelism { get; set; }

    /// <summary>Whether an architecture that NVRTC does not know is passed over with a warning.</summary>
    public bool SkipUnsupportedArchitectures { get; set; }

    /// <summary>Whether images are stored compressed where that pays.</summary>
    public bool Compress { get; set; }

    /// <summary>The most seconds a job may take; 0 for no limit.</summary>
    public int CompileTimeout { get; set; }

    /// <summary>Whether the run says how long each job took.</summary>
    public bool Timings { get; set; }

    /// <summary>Whether launchers are generated for the kernels, so that their names must agree.</summary>
    public bool ChecksLaunchers { get; set; }

    /// <summary>Whether images may come from the compile cache, and go into it.</summary>
    public bool Cache { get; set; }

    /// <summary>Folder of the compile cache; empty for the user's.</summary>
    public string CachePath { get; set; } = "";

    /// <summary>Whether the compile cache may be one that other users write to.</summary>
    public bool CacheShared { get; set; }

    /// <summary>The most megabytes of the compile cache; 0 for no limit.</summary>
    public int CacheSize { get; set; }

    /// <summary>Version of the SDK.</summary>
    public string SdkVersion { get; set; } = "";

    /// <summary>What the project's properties say for every kernel that says nothing else: a mistake in one of them is the
    /// project's.</summary>
    public KernelRequest Defaults { get; set; } = new();

    /// <summary>Names of the types of C++ that the project maps to C# itself.</summary>
    public List<string> MappedTypes { get; } = [];

    /// <summary>The kernels, in the project's order.</summary>
    public List<KernelRequest> Kernels { get; } = [];

    /// <summary>The all-reduces that get kernels of their own, in the project's order.</summary>
    public List<AllReduceRequest> AllReduces { get; } = [];

    /// <summary>The request as text; equal requests give equal text.</summary>
    public string ToText()
    {
        var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        void Line(params string[] fields) => text.WriteLine(Record.Join(fields));

        Line(Header, Version);
        Line(nameof(ProjectDirectory), ProjectDirectory);
        Line(nameof(OutputDirectory), OutputDirectory);
        Line(nameof(StateFile), StateFile);
        Line(nameof(SharedDirectory), SharedDirectory);
        Line(nameof(FusionIncludePath), FusionIncludePath);
        Line(nameof(CcclPath), CcclPath);
        Line(nameof(NvrtcPath), NvrtcPath);
        Line(nameof(NvrtcPackPath), NvrtcPackPath);
        Line(nameof(PrefersNvrtcPack), PrefersNvrtcPack ? "true" : "false");
        Line(nameof(PrebuiltPath), PrebuiltPath);
        Line(nameof(MaxParallelism), MaxParallelism.ToString(CultureInfo.InvariantCulture));
        Line(nameof(SkipUnsupportedArchitectures), SkipUnsupportedArchitectures ? "true" : "false");
        Line(nameof(Compress), Compress ? "true" : "false");
        Line(nameof(CompileTimeout), CompileTimeout.ToString(CultureInfo.InvariantCulture));
        Line(nameof(Timings), Timings ? "true" : "false");
        Line(nameof(ChecksLaunchers), ChecksLaunchers ? "true" : "false");
        Line(nameof(Cache), Cache ? "true" : "false");
        Line(nameof(CachePath), CachePath);
        Line(nameof(CacheShared), CacheShared ? "true" : "false");
        Line(nameof(CacheSize), CacheSize.ToString(CultureInfo.InvariantCulture));
        Line(nameof(SdkVersion), SdkVersion);
        Line([nameof(Defaults), .. Defaults.ToFields()]);
        foreach (var type in MappedTypes) Line(nameof(MappedTypes), type);
        foreach (var kernel in Kernels) Line([nameof(Kernels), .. kernel.ToFields()]);
        foreach (var a in AllReduces)
            Line(nameof(AllReduces), a.Name, a.HiddenSize, a.DataType, a.WorldSizes, a.Epilogues, a.Architectures);
        return text.ToString();
    }

    /// <summary>Reads what <see cref="ToText"/> wrote.</summary>
    /// <param name="text">The whole text.</param>
    /// <exception cref="FormatException">The text is no request, or one of another version of the SDK.</exception>
    public static CompileRequest Parse(string text)
    {
        var request = new CompileRequest();
        var first = true;
        foreach (var line in text.Split(['\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = Record.Split(line);
            if (first && (fields.Length != 2 || fields[0] != Header || fields[1] != Version))
            {
                throw new FormatException($"expected '{Header} {Version}' in the first line, found '{line}'");
            }

            if (!first) request.Set(fields);
            first = false;
        }

        return first ? throw new FormatException("the request is empty") : request;
    }

    private void Set(string[] f)
    {
        switch (f[0])
        {
            case nameof(ProjectDirectory): ProjectDirectory = f[1]; break;
            case nameof(OutputDirectory): OutputDirectory = f[1]; break;
            case nameof(StateFile): StateFile = f[1]; break;
            case nameof(SharedDirectory): SharedDirectory = f[1]; break;
            case nameof(FusionIncludePath): FusionIncludePath = f[1]; break;
            case nameof(CcclPath): CcclPath = f[1]; break;
            case nameof(NvrtcPath): NvrtcPath = f[1]; break;
            case nameof(NvrtcPackPath): NvrtcPackPath = f[1]; break;
            case nameof(PrefersNvrtcPack): PrefersNvrtcPack = f[1] == "true"; break;
            case nameof(PrebuiltPath): PrebuiltPath = f[1]; break;
            case nameof(MaxParallelism): MaxParallelism = int.Parse(f[1], CultureInfo.InvariantCulture); break;
            case nameof(SkipUnsupportedArchitectures): SkipUnsupportedArchitectures = f[1] == "true"; break;
            case nameof(Compress): Compress = f[1] == "true"; break;
            case nameof(CompileTimeout): CompileTimeout = int.Parse(f[1], CultureInfo.InvariantCulture); break;
            case nameof(Timings): Timings = f[1] == "true"; break;
            case nameof(ChecksLaunchers): ChecksLaunchers = f[1] == "true"; break;
            case nameof(Cache): Cache = f[1] == "true"; break;
            case nameof(CachePath): CachePath = f[1]; break;
            case nameof(CacheShared): CacheShared = f[1] == "true"; break;
            case nameof(CacheSize): CacheSize = int.Parse(f[1], CultureInfo.InvariantCulture); break;
            case nameof(SdkVersion): SdkVersion = f[1]; break;
            case nameof(Defaults): Defaults = KernelRequest.FromFields(f); break;
            case nameof(MappedTypes): MappedTypes.Add(f[1]); break;
            case nameof(Kernels): Kernels.Add(KernelRequest.FromFields(f)); break;
            case nameof(AllReduces) when f.Length == 7:
                AllReduces.Add(new AllReduceRequest
                {
                    Name = f[1],
                    HiddenSize = f[2],
                    DataType = f[3],
                    WorldSizes = f[4],
                    Epilogues = f[5],
                    Architectures = f[6],
                });
                break;
            default: throw new FormatException($"unknown line '{f[0]}' with {f.Length} fields");
        }
    }
}
