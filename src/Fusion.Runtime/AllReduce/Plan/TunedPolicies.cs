namespace Fusion.Runtime;

/// <summary>Finds, reads and writes the policy files that <c>fusion tune</c> keeps in the user's configuration folder: one for a
/// GPU's name and a topology.</summary>
internal static class TunedPolicies
{
    /// <summary>Environment variable that names the folder.</summary>
    public const string Variable = "FUSION_POLICY_PATH";

    /// <summary>Topologies whose limits can be measured.</summary>
    public static IReadOnlyList<GroupTopology> Topologies { get; } = [GroupTopology.Gpus, GroupTopology.Loopback];

    /// <summary>Folder of the files, which need not exist; null if the user has no configuration folder.</summary>
    public static string? Folder
    {
        get
        {
            if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named) return Path.GetFullPath(named);
            var user = Environment.GetFolderPath(
                Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return user.Length > 0 ? Path.Combine(user, "fusion", "policies") : null;
        }
    }

    /// <summary>Gets the path of the file for a GPU and a topology.</summary>
    /// <param name="folder">Folder of the files.</param>
    /// <param name="gpu">Product name of the GPU.</param>
    /// <param name="topology">Topology of the groups.</param>
    public static string FileOf(string folder, string gpu, GroupTopology topology)
    {
        var kept = string.Concat(gpu.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : ' '));
        var name = string.Join('-', kept.Split(' ', StringSplitOptions.RemoveEmptyEntries).DefaultIfEmpty("gpu"));
        return Path.Combine(folder, $"{name}.{WordOf(topology)}.json");
    }

    /// <summary>Makes the policy of the files for several GPUs. Plans name the file of a row, or that the folder has none.</summary>
    /// <param name="gpus">Product names of the GPUs.</param>
    /// <param name="folder">Folder of the files; null for none.</param>
    /// <exception cref="FusionDataException">A file cannot be read, or is wrong.</exception>
    public static AllReducePolicy Read(IEnumerable<string> gpus, string? folder)
    {
        if (folder is null) return AllReducePolicy.OfTuned([], $"without a configuration folder or {Variable}, this user");
        var rows = from gpu in gpus.Distinct()
                   from topology in Topologies
                   let file = FileOf(folder, gpu, topology)
                   where File.Exists(file)
                   from row in Read(file, gpu, topology)
                   select row with { Source = row.Source.Length > 0 ? $"{row.Source}, in {file}" : $"tuned in {file}" };
        return AllReducePolicy.OfTuned([.. rows], folder);
    }

    /// <summary>Reads the rows of a file, all of which are for its GPU and topology.</summary>
    /// <param name="file">Path of the file.</param>
    /// <param name="gpu">Product name of the GPU.</param>
    /// <param name="topology">Topology of the groups.</param>
    /// <exception cref="FusionDataException">The file cannot be read, or is wrong.</exception>
    public static IReadOnlyList<AllReducePolicyRow> Read(string file, string gpu, GroupTopology topology)
    {
        var rows = AllReducePolicy.Load(file).Rows;
        foreach (var row in rows)
        {
            // A file that was copied from another machine would be ignored otherwise.
            if (row.Gpu != gpu) throw Other("gpu", row.Gpu, gpu);
            if (row.Topology != topology) throw Other("topology", row.Topology is { } place ? WordOf(place) : null, WordOf(topology));
        }

        return rows;

        FusionDataException Other(string field, string? found, string expected) => DataErrors.Policy(file, 0, field,
            $"a row is for {(found is null ? "all" : $"'{found}'")}, but the file of this name is for '{expected}' alone");
    }

    /// <summary>Writes a policy, so that no reader finds half of it.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="file">Path of the file, which is replaced; its folder is made.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not write the file.</exception>
    public static void Write(AllReducePolicy policy, string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var unfinished = $"{file}.{Guid.NewGuid():N}";
        try
        {
            policy.Save(unfinished);
            File.Move(unfinished, file, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Throws unless a file can be written, before anything is measured for it. The file's content stays.</summary>
    /// <param name="file">Path of the file; its folder is made.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not write the file.</exception>
    public static void ThrowUnlessWritable(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var tried = $"{file}.{Guid.NewGuid():N}";
        File.Create(tried).Dispose();
        File.Delete(tried);
    }

    private static string WordOf(GroupTopology topology) => topology.ToString().ToLowerInvariant();
}
